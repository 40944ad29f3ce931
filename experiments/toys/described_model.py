"""Models that are described by plain JSON values."""

from typing import Any

import tensorflow as tf

from smoothing_tf.models import MODELS, DensityModel, build_model
from smoothing_tf.seeds import derive_seed


def build_described(
    model: dict[str, Any], stage: str, event_shape: tuple[int, ...], seed: tf.Tensor
) -> DensityModel:
    """Builds the model of a stage on vectors from its description.

    Args:
      model: {"model": a key of MODELS, "config": its hyper-parameters}, plain JSON.
      stage: the name of the stage.
      event_shape: shape of one x.
      seed: int32 [2], from which the seed of the initial weights is derived.
    """
    fields = {
        # JSON has no tuples.
        name: tuple(value) if isinstance(value, list) else value
        for name, value in model["config"].items()
    }
    return build_model(
        model["model"],
        MODELS[model["model"]].config(**fields),
        stage=stage,
        event_shape=event_shape,
        num_levels=None,
        seed=derive_seed(seed, f"weights {stage}"),
    )
