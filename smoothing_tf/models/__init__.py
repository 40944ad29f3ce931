"""Density models, by their names in a configuration."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.models.bound_terms import (
        BoundTerms,
        importance_weighted_bound,
    )
    from smoothing_tf.models.build import build_model
    from smoothing_tf.models.condition import Condition
    from smoothing_tf.models.density_model import DensityModel
    from smoothing_tf.models.gated_pixelcnn import GatedPixelCNN
    from smoothing_tf.models.gated_pixelcnn_config import GatedPixelCNNConfig
    from smoothing_tf.models.made import MADE
    from smoothing_tf.models.made_config import MADEConfig
    from smoothing_tf.models.pixelcnn import PixelCNN
    from smoothing_tf.models.pixelcnn_config import PixelCNNConfig
    from smoothing_tf.models.pixelcnnpp.config import PixelCNNppConfig
    from smoothing_tf.models.pixelcnnpp.pixelcnnpp import PixelCNNpp
    from smoothing_tf.models.pixelcnnpp.stacked_pixelcnnpp import StackedPixelCNNpp
    from smoothing_tf.models.realnvp import RealNVP
    from smoothing_tf.models.realnvp_config import RealNVPConfig
    from smoothing_tf.models.single_step import single_step_denoise
    from smoothing_tf.models.table import MODELS, ModelEntry
    from smoothing_tf.models.two_stage import TwoStageModel

__all__ = [
    "MADE",
    "MODELS",
    "BoundTerms",
    "Condition",
    "DensityModel",
    "GatedPixelCNN",
    "GatedPixelCNNConfig",
    "MADEConfig",
    "ModelEntry",
    "PixelCNN",
    "PixelCNNConfig",
    "PixelCNNpp",
    "PixelCNNppConfig",
    "RealNVP",
    "RealNVPConfig",
    "StackedPixelCNNpp",
    "TwoStageModel",
    "build_model",
    "importance_weighted_bound",
    "single_step_denoise",
]

import_when_used(__name__)
