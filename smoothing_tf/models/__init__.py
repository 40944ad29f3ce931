"""Density models, by their names in a configuration."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.gated_pixelcnn import GatedPixelCNN, GatedPixelCNNConfig
from smoothing_tf.models.layer_names import fresh_layer_names
from smoothing_tf.models.made import MADE, MADEConfig
from smoothing_tf.models.pixelcnn import PixelCNN, PixelCNNConfig
from smoothing_tf.models.pixelcnnpp import (
    PixelCNNpp,
    PixelCNNppConfig,
    StackedPixelCNNpp,
    make_pixelcnnpp,
)
from smoothing_tf.models.realnvp import RealNVP, RealNVPConfig
from smoothing_tf.models.single_step import single_step_denoise
from smoothing_tf.models.two_stage import (
    BoundTerms,
    TwoStageModel,
    importance_weighted_bound,
)
from smoothing_tf.settings import choose


class ModelEntry(NamedTuple):
    """A function that builds a model, and the dataclass of its hyper-parameters."""

    model: Callable[..., DensityModel]
    config: type


MODELS = {
    "made": ModelEntry(MADE, MADEConfig),
    "pixelcnn": ModelEntry(PixelCNN, PixelCNNConfig),
    "gated_pixelcnn": ModelEntry(GatedPixelCNN, GatedPixelCNNConfig),
    "pixelcnnpp": ModelEntry(make_pixelcnnpp, PixelCNNppConfig),
    "realnvp": ModelEntry(RealNVP, RealNVPConfig),
}


def build_model(
    name: str,
    config: Any,
    *,
    stage: str,
    event_shape: tuple[int, ...],
    num_levels: int | None,
    num_classes: int | None = None,
    seed: int | tf.Tensor = 0,
    **kwargs: Any,
) -> DensityModel:
    """Builds the model of one stage.

    Args:
      name: a key of MODELS.
      config: hyper-parameters, an instance of the entry's dataclass.
      stage: "smoothed", "reverse" or "baseline". The smoothed stage is always
        continuous; the reverse stage is conditional on x~.
      event_shape: shape of one x.
      num_levels: number of levels of the data, or None if it is continuous.
      num_classes: number of classes of a class-conditional model; None for a model
        that takes no labels.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name` and `dtype` of `keras.Model`.

    Raises:
      ValueError: the name is unknown, or the model does not fit the data.
    """
    build = choose(MODELS, name, "model").model
    with fresh_layer_names():
        return build(
            config,
            event_shape,
            num_levels=None if stage == "smoothed" else num_levels,
            takes_x_smoothed=stage == "reverse",
            num_classes=num_classes,
            seed=seed,
            **kwargs,
        )


__all__ = [
    "MADE",
    "MODELS",
    "BoundTerms",
    "Condition",
    "DensityModel",
    "GatedPixelCNN",
    "GatedPixelCNNConfig",
    "MADEConfig",
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
