"""The bound that an exported model computes."""

import math

import tensorflow as tf

from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.numerics import nats_to_bits_per_dim
from smoothing_tf.seeds import derive_seed
from smoothing_tf.serving.data_unit import DataUnit


def served_bound(
    two_stage: TwoStageModel,
    unit: DataUnit,
    x: tf.Tensor,
    seed: tf.Tensor,
    label: tf.Tensor | None = None,
) -> dict[str, tf.Tensor]:
    """Computes the terms of the bound at one draw of x~.

    Args:
      two_stage: the model.
      unit: unit of the data.
      x: examples on the scale of the model, float64 [n, ...event_shape].
      seed: int32 [2].
      label: class of each example, int32 [n], or None.

    Returns:
      The outputs of the signature `bound`, float64 [n] each.
    """
    noise_seed = derive_seed(seed, "serving noise")
    x_smoothed = two_stage.smoothing.distribution(x).sample(seed=noise_seed)
    terms = two_stage.bound_terms(x, x_smoothed, label)
    nats = -terms.log_weight()
    outputs = dict(terms._asdict())
    if unit.num_levels is None:
        return outputs | {"nats": nats} | unit.bound_in_raw_units(nats)
    num_dims = math.prod(two_stage.event_shape)
    return outputs | {"bits_per_dim": nats_to_bits_per_dim(nats, num_dims)}
