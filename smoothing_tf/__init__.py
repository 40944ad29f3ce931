"""Autoregressive modelling of smoothed distributions, with TensorFlow and Keras.

Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
Smoothing", ICLR 2021, https://arxiv.org/abs/2103.15089.
"""

from smoothing_tf import quiet  # noqa: F401, I001  Before TensorFlow is imported.
from smoothing_tf.data.dataset import DataConfig
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.distributions import DiscretizedLogisticMixture
from smoothing_tf.distributions import LogisticMixture
from smoothing_tf.models import MADE
from smoothing_tf.models import DensityModel
from smoothing_tf.models import MADEConfig
from smoothing_tf.models import PixelCNNpp
from smoothing_tf.models import PixelCNNppConfig
from smoothing_tf.models import TwoStageModel
from smoothing_tf.models import importance_weighted_bound
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.training.loop import train_stage
from smoothing_tf.training.training_config import TrainingConfig

__all__ = [
    "MADE",
    "DataConfig",
    "Dataset",
    "DensityModel",
    "DiscretizedLogisticMixture",
    "Gaussian",
    "LogisticMixture",
    "MADEConfig",
    "PixelCNNpp",
    "PixelCNNppConfig",
    "Smoothing",
    "TrainingConfig",
    "TwoStageModel",
    "importance_weighted_bound",
    "open_dataset",
    "train_stage",
]
