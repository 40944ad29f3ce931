"""Autoregressive modeling with distribution smoothing, in TensorFlow and Keras.

    import smoothing_tf

    config = smoothing_tf.configure(dataset="digits", model="made", num_steps=500)
    trained = smoothing_tf.fit(config, "runs/digits")
    samples = smoothing_tf.draw_samples(trained, 64, seed=0)["samples"]

Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
Smoothing", ICLR 2021, https://arxiv.org/abs/2103.15089.
"""

import importlib
from typing import TYPE_CHECKING, Any

from smoothing_tf import quiet

__version__ = "0.1.0"

if TYPE_CHECKING:
    from smoothing_tf.config import Config as Config
    from smoothing_tf.config import configure as configure
    from smoothing_tf.data import DataConfig as DataConfig
    from smoothing_tf.data import Dataset as Dataset
    from smoothing_tf.data import open_dataset as open_dataset
    from smoothing_tf.distributions import CategoricalLevels as CategoricalLevels
    from smoothing_tf.distributions import (
        ChannelAutoregressive as ChannelAutoregressive,
    )
    from smoothing_tf.distributions import DiscretizedLogistic as DiscretizedLogistic
    from smoothing_tf.distributions import (
        DiscretizedLogisticMixture as DiscretizedLogisticMixture,
    )
    from smoothing_tf.distributions import LogisticMixture as LogisticMixture
    from smoothing_tf.evaluation.config import EvaluationConfig as EvaluationConfig
    from smoothing_tf.evaluation.scoring import score as score
    from smoothing_tf.models import MADE as MADE
    from smoothing_tf.models import Condition as Condition
    from smoothing_tf.models import DensityModel as DensityModel
    from smoothing_tf.models import GatedPixelCNN as GatedPixelCNN
    from smoothing_tf.models import GatedPixelCNNConfig as GatedPixelCNNConfig
    from smoothing_tf.models import MADEConfig as MADEConfig
    from smoothing_tf.models import PixelCNN as PixelCNN
    from smoothing_tf.models import PixelCNNConfig as PixelCNNConfig
    from smoothing_tf.models import PixelCNNpp as PixelCNNpp
    from smoothing_tf.models import PixelCNNppConfig as PixelCNNppConfig
    from smoothing_tf.models import RealNVP as RealNVP
    from smoothing_tf.models import RealNVPConfig as RealNVPConfig
    from smoothing_tf.models import StackedPixelCNNpp as StackedPixelCNNpp
    from smoothing_tf.models import TwoStageModel as TwoStageModel
    from smoothing_tf.models import (
        importance_weighted_bound as importance_weighted_bound,
    )
    from smoothing_tf.models.trained import Trained as Trained
    from smoothing_tf.sampling import denoise_images as denoise_images
    from smoothing_tf.sampling import draw_samples as draw_samples
    from smoothing_tf.sampling import inpaint_images as inpaint_images
    from smoothing_tf.serving import export_saved_model as export_saved_model
    from smoothing_tf.smoothing import Gaussian as Gaussian
    from smoothing_tf.smoothing import Laplace as Laplace
    from smoothing_tf.smoothing import Smoothing as Smoothing
    from smoothing_tf.smoothing import SmoothingConfig as SmoothingConfig
    from smoothing_tf.smoothing import Uniform as Uniform
    from smoothing_tf.stage import Stage as Stage
    from smoothing_tf.training import TrainingConfig as TrainingConfig
    from smoothing_tf.training import train_stage as train_stage
    from smoothing_tf.workdir import fit as fit
    from smoothing_tf.workdir import load as load
    from smoothing_tf.workdir import load_config as load_config

# Public name -> its module, which is imported when the name is first used. Importing
# TensorFlow takes seconds, sets environment variables and prints; importing this
# package does none of that.
_MODULES = {
    "CategoricalLevels": "distributions",
    "ChannelAutoregressive": "distributions",
    "Condition": "models",
    "Config": "config",
    "DataConfig": "data",
    "Dataset": "data",
    "DensityModel": "models",
    "DiscretizedLogistic": "distributions",
    "DiscretizedLogisticMixture": "distributions",
    "EvaluationConfig": "evaluation.config",
    "GatedPixelCNN": "models",
    "GatedPixelCNNConfig": "models",
    "Gaussian": "smoothing",
    "Laplace": "smoothing",
    "LogisticMixture": "distributions",
    "MADE": "models",
    "MADEConfig": "models",
    "PixelCNN": "models",
    "PixelCNNConfig": "models",
    "PixelCNNpp": "models",
    "PixelCNNppConfig": "models",
    "RealNVP": "models",
    "RealNVPConfig": "models",
    "Smoothing": "smoothing",
    "SmoothingConfig": "smoothing",
    "StackedPixelCNNpp": "models",
    "Stage": "stage",
    "Trained": "models.trained",
    "TrainingConfig": "training",
    "TwoStageModel": "models",
    "Uniform": "smoothing",
    "configure": "config",
    "denoise_images": "sampling",
    "draw_samples": "sampling",
    "export_saved_model": "serving",
    "fit": "workdir",
    "importance_weighted_bound": "models",
    "inpaint_images": "sampling",
    "load": "workdir",
    "load_config": "workdir",
    "open_dataset": "data",
    "score": "evaluation.scoring",
    "train_stage": "training",
}
_SUBPACKAGES = (
    "config",
    "data",
    "distributions",
    "evaluation",
    "layers",
    "models",
    "numerics",
    "sampling",
    "serving",
    "smoothing",
    "training",
)

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SUBPACKAGES})


quiet.start()
