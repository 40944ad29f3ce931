"""Numerically careful elementary functions, and the only unit conversions."""

import functools
import math

import numpy as np
import tensorflow as tf

# Up to this number, `levels_to_unit` computes the nearest float32 in float32.
_MAX_FLOAT32_LEVELS = 1024


def log1mexp(x: tf.Tensor) -> tf.Tensor:
    """log(1 - exp(-x)) for x > 0, elementwise, without cancellation.

    Args:
      x: floating tensor of positive values.

    Returns:
      Tensor of the shape and dtype of `x`, with finite gradients for every
      positive normal number.

    Reference: Maechler, "Accurately computing log(1 - exp(-|a|))", 2012.
    """
    x = tf.convert_to_tensor(x)
    is_small = x < math.log(2.0)
    # Each branch sees a harmless argument where the other one is taken, so that
    # the gradient of `where` is never 0 * inf.
    small = tf.where(is_small, x, tf.ones_like(x))
    large = tf.where(is_small, tf.ones_like(x), x)
    return tf.where(
        is_small,
        tf.math.log(-tf.math.expm1(-small)),
        tf.math.log1p(-tf.exp(-large)),
    )


def sum_rightmost(x: tf.Tensor, ndims: int) -> tf.Tensor:
    """Sums `x` over its last `ndims` axes."""
    return tf.reduce_sum(x, axis=list(range(-ndims, 0)))


def nats_to_bits_per_dim(nats, num_dims: int):
    """Converts nats per example to bits per dimension.

    Args:
      nats: number, array or tensor, nats summed over the event.
      num_dims: dimensions of the event, e.g. 3072 for a 32x32 color image.

    Returns:
      The same kind of object, bits per dimension.
    """
    return nats / (math.log(2.0) * num_dims)


def levels_to_unit(levels, num_levels: int, dtype=tf.float32) -> tf.Tensor:
    """Maps levels 0, ..., L-1 to [-1, 1]: x = 2 i / (L - 1) - 1.

    Args:
      levels: integer or floating tensor of levels.
      num_levels: L, the number of levels, 256 for 8-bit images.
      dtype: floating dtype of the result.

    Returns:
      Tensor of the shape of `levels`.
    """
    if dtype == tf.float64 or num_levels > _MAX_FLOAT32_LEVELS:
        levels = tf.cast(levels, tf.float64)
        return tf.cast(2.0 * levels / (num_levels - 1) - 1.0, dtype)
    # The nearest float32, without an array of float64. A division would not do: in a
    # graph, TensorFlow replaces it by a product with the reciprocal, which is rounded.
    # Here, the product with the first 12 bits of the reciprocal is exact.
    mantissa, exponent = math.frexp(2.0 / (num_levels - 1))
    high = math.ldexp(round(math.ldexp(mantissa, 12)), exponent - 12)
    low = 2.0 / (num_levels - 1) - high
    centered = tf.cast(levels, tf.float32) - (num_levels - 1) / 2.0
    return tf.cast(centered * high + centered * low, dtype)


def unit_to_levels(x: tf.Tensor, num_levels: int) -> tf.Tensor:
    """The nearest level of each value on [-1, 1]; inverse of `levels_to_unit`.

    Args:
      x: floating tensor; values outside [-1, 1] go to the first or last level.
      num_levels: L, the number of levels.

    Returns:
      Tensor of the shape and dtype of `x`, whole numbers in 0, ..., L-1.
    """
    levels = tf.round((x + 1.0) * ((num_levels - 1) / 2.0))
    return tf.clip_by_value(levels, 0.0, num_levels - 1.0)


def unit_to_uint8(x: tf.Tensor, num_levels: int | None = None) -> tf.Tensor:
    """Maps [-1, 1] to 8-bit grey levels, clipping what lies outside.

    Args:
      x: floating tensor.
      num_levels: round to the nearest of L levels first, then to 255 i / (L - 1).
        None rounds to 8 bits directly.

    Returns:
      uint8 tensor of the shape of `x`.
    """
    num_levels = num_levels or 256
    levels = unit_to_levels(x, num_levels)
    return tf.cast(tf.round(levels * (255.0 / (num_levels - 1))), tf.uint8)


def levels_to_uint8(levels: np.ndarray, num_levels: int) -> np.ndarray:
    """Maps levels 0, ..., L-1 to 8-bit grey levels, round(255 i / (L - 1)).

    Args:
      levels: unsigned integers of any shape, all below `num_levels`.
      num_levels: L, the number of levels.

    Returns:
      uint8 of the shape of `levels`; `levels` itself, uncopied, if they are 8-bit
      grey levels already.
    """
    if num_levels == 256 and levels.dtype == np.uint8:
        return levels
    return _grey_levels(num_levels)[levels]


def uint8_to_levels(grey: tf.Tensor, num_levels: int) -> tf.Tensor:
    """Maps 8-bit grey levels v to the nearest levels, round(v (L - 1) / 255).

    It inverts `levels_to_uint8`.

    Args:
      grey: tensor of grey levels from 0 to 255.
      num_levels: L, the number of levels, at most 256.

    Returns:
      float64 tensor of the shape of `grey`, whole numbers in 0, ..., L-1.
    """
    return tf.round(tf.cast(grey, tf.float64) * (num_levels - 1) / 255)


@functools.cache
def _grey_levels(num_levels: int) -> np.ndarray:
    unit = levels_to_unit(np.arange(num_levels), num_levels)
    grey = unit_to_uint8(unit, num_levels).numpy()
    grey.flags.writeable = False
    return grey
