"""The bounds that an exported model computes."""

import math
from collections.abc import Callable

import tensorflow as tf

from smoothing_tf.models.bound_terms import BoundTerms
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.numerics import nats_to_bits_per_dim
from smoothing_tf.seeds import derive_seed, per_example
from smoothing_tf.serving.data_unit import DataUnit


def draw_seeds(seeds: tf.Tensor, draw: int | tf.Tensor) -> tf.Tensor:
    """Derives the seeds of a draw of x~, int32 [n, 2], from those of the rows."""
    return derive_seed(seeds, "serving noise", draw)


def bound_terms(
    two_stage: TwoStageModel,
    x: tf.Tensor,
    seeds: tf.Tensor,
    label: tf.Tensor | None = None,
) -> BoundTerms:
    """Computes the terms of the bound at one draw of x~.

    Args:
      two_stage: the model.
      x: examples on the scale of the model, float64 [n, ...event_shape].
      seeds: seeds of the draws, int32 [n, 2].
      label: class of each example, int32 [n], or None.

    Returns:
      The terms in nats, float64 [n] each.
    """
    x_smoothed = per_example(
        lambda x, seed: two_stage.smoothing.distribution(x[None]).sample(seed=seed),
        "x_smoothed",
        seeds,
        x,
    )
    return two_stage.bound_terms(x, x_smoothed, label)


def served_bound(
    terms: BoundTerms, unit: DataUnit, event_shape: tuple[int, ...]
) -> dict[str, tf.Tensor]:
    """Makes the outputs of the signature `bound`, float64 [n] each."""
    return terms._asdict() | in_units(-terms.log_weight(), unit, event_shape)


def served_bound_iw(
    terms_of: Callable[[tf.Tensor], BoundTerms],
    num_draws: tf.Tensor,
    unit: DataUnit,
    event_shape: tuple[int, ...],
) -> dict[str, tf.Tensor]:
    """Computes -log 1/K sum_k w_k, one draw after the other.

    Args:
      terms_of: number of a draw -> its terms, float64 [n] each.
      num_draws: K of each row, int32 [n].
      unit: unit of the data.
      event_shape: shape of one example.

    Returns:
      The outputs of the signature `bound_iw`, float64 [n] each.
    """
    none = tf.fill(tf.shape(num_draws), tf.constant(-math.inf, tf.float64))

    def add(draw, log_sum):
        log_weight = terms_of(draw).log_weight()
        log_weight = tf.where(draw < num_draws, log_weight, none)
        both = tf.stack([log_sum, tf.ensure_shape(log_weight, log_sum.shape)])
        return draw + 1, tf.reduce_logsumexp(both, axis=0)

    most = tf.reduce_max(num_draws)
    _, log_sum = tf.while_loop(lambda draw, _: draw < most, add, (0, none))
    nats = tf.math.log(tf.cast(num_draws, tf.float64)) - log_sum
    return in_units(nats, unit, event_shape, "_iw")


def in_units(
    nats: tf.Tensor, unit: DataUnit, event_shape: tuple[int, ...], suffix: str = ""
) -> dict[str, tf.Tensor]:
    """Converts negative log-likelihoods to the unit in which they are reported.

    Args:
      nats: float64 [n].
      unit: unit of the data.
      event_shape: shape of one example.
      suffix: what the names end in.

    Returns:
      `bits_per_dim` for data with levels, otherwise `nats` and, for standardized data,
      `nats_raw_units`.
    """
    if unit.num_levels is not None:
        bits = nats_to_bits_per_dim(nats, math.prod(event_shape))
        return {f"bits_per_dim{suffix}": bits}
    reported = {"nats": nats} | unit.bound_in_raw_units(nats)
    return {f"{name}{suffix}": value for name, value in reported.items()}
