"""Autoregressive modeling with distribution smoothing, in TensorFlow and Keras.

    import smoothing_tf

    config = smoothing_tf.configure(dataset="digits", model="made", num_steps=500)
    trained = smoothing_tf.fit(config, "runs/digits")
    samples = smoothing_tf.draw_samples(trained, 64, seed=0)["samples"]

Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
Smoothing", ICLR 2021, https://arxiv.org/abs/2103.15089.
"""

from typing import TYPE_CHECKING

from smoothing_tf import quiet
from smoothing_tf.lazy_names import import_when_used

__version__ = "0.1.0"

if TYPE_CHECKING:
    from smoothing_tf.compression import (
        CompressionConfig,
        compress_images,
        decompress_images,
    )
    from smoothing_tf.config import Config, configure, load_config
    from smoothing_tf.data import DataConfig, Dataset, open_dataset
    from smoothing_tf.distributions import (
        CategoricalLevels,
        ChannelAutoregressive,
        DiscretizedLogistic,
        DiscretizedLogisticMixture,
        LogisticMixture,
    )
    from smoothing_tf.evaluation.config import EvaluationConfig
    from smoothing_tf.evaluation.scoring import score
    from smoothing_tf.models import (
        MADE,
        Condition,
        DensityModel,
        GatedPixelCNN,
        GatedPixelCNNConfig,
        MADEConfig,
        PixelCNN,
        PixelCNNConfig,
        PixelCNNpp,
        PixelCNNppConfig,
        RealNVP,
        RealNVPConfig,
        StackedPixelCNNpp,
        TwoStageModel,
        importance_weighted_bound,
    )
    from smoothing_tf.models.trained import Trained
    from smoothing_tf.sampling import denoise_images, draw_samples, inpaint_images
    from smoothing_tf.serving import export_saved_model
    from smoothing_tf.smoothing import (
        Gaussian,
        Laplace,
        Smoothing,
        SmoothingConfig,
        Uniform,
    )
    from smoothing_tf.stage import Stage
    from smoothing_tf.training import TrainingConfig, train_stage
    from smoothing_tf.workdir import fit, load

__all__ = [
    "__version__",
    "CategoricalLevels",
    "ChannelAutoregressive",
    "CompressionConfig",
    "Condition",
    "Config",
    "DataConfig",
    "Dataset",
    "DensityModel",
    "DiscretizedLogistic",
    "DiscretizedLogisticMixture",
    "EvaluationConfig",
    "GatedPixelCNN",
    "GatedPixelCNNConfig",
    "Gaussian",
    "Laplace",
    "LogisticMixture",
    "MADE",
    "MADEConfig",
    "PixelCNN",
    "PixelCNNConfig",
    "PixelCNNpp",
    "PixelCNNppConfig",
    "RealNVP",
    "RealNVPConfig",
    "Smoothing",
    "SmoothingConfig",
    "StackedPixelCNNpp",
    "Stage",
    "Trained",
    "TrainingConfig",
    "TwoStageModel",
    "Uniform",
    "compress_images",
    "configure",
    "decompress_images",
    "denoise_images",
    "draw_samples",
    "export_saved_model",
    "fit",
    "importance_weighted_bound",
    "inpaint_images",
    "load",
    "load_config",
    "open_dataset",
    "score",
    "train_stage",
]

import_when_used(
    __name__,
    subpackages=(
        "compression",
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
    ),
)
quiet.start()
