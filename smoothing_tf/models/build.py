"""Builds the model of one stage."""

from typing import Any

import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.layer_names import fresh_layer_names
from smoothing_tf.models.table import MODELS
from smoothing_tf.settings import choose


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
