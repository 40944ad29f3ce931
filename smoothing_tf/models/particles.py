"""Particles: several weighted draws of each image, N together in one batch of n N."""

import math

import tensorflow as tf

from smoothing_tf.seeds import per_example


def repeated(x: tf.Tensor, num_particles: int) -> tf.Tensor:
    """[n, ...] -> [n N, ...], the copies of each together."""
    return tf.repeat(x, num_particles, axis=0)


def flat_index(index: tf.Tensor, num_particles: int) -> tf.Tensor:
    """Particles [n, m] of each image, 0 to N - 1 -> their places in [n N]: [n m]."""
    first = tf.range(tf.shape(index)[0])[:, None] * num_particles
    return tf.reshape(first + index, [-1])


def resample_unequal(
    log_weights: tf.Tensor, uniform: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Systematic resampling of the groups with few effective particles.

    Args:
      log_weights: floating [n, N], of the particles of n images.
      uniform: on [0, 1), [n].

    Returns:
      (ancestors int32 [n, N], log weights [n, N]). Where the effective number
      1 / sum_k w_k^2 of the normalized weights is N / 2 or more, all stay.
    """
    log_weights = _usable(log_weights)
    num_particles = log_weights.shape[-1]
    weights = tf.nn.softmax(log_weights)
    is_unequal = tf.reduce_sum(weights**2, axis=-1, keepdims=True) * num_particles > 2
    index = tf.range(num_particles)
    points = tf.cast(index, weights.dtype) + uniform[:, None]
    chosen = tf.searchsorted(
        tf.cumsum(weights, axis=-1), points / num_particles, side="right"
    )
    chosen = tf.minimum(chosen, num_particles - 1)  # A sum may round to below 1.
    return (
        tf.where(is_unequal, chosen, index),
        tf.where(is_unequal, tf.zeros_like(log_weights), log_weights),
    )


def choose_particles(
    log_weights: tf.Tensor, seeds: tf.Tensor, num_particles: int, *particles: tf.Tensor
) -> tuple[tf.Tensor, ...]:
    """Draws one particle per image by its weight.

    Args:
      log_weights: [n N].
      seeds: int32 [n, 2], one for each image.
      num_particles: N.
      *particles: [n N, ...].

    Returns:
      For each of `particles` [n, ...].
    """
    if num_particles == 1:
        return particles

    def draw(log_weights, seed):
        logits = log_weights[None]
        return tf.random.stateless_categorical(logits, 1, seed, tf.int32)[0]

    grouped = _usable(tf.reshape(log_weights, [-1, num_particles]))
    chosen = per_example(draw, "choose", seeds, grouped, dtype=tf.int32)
    index = flat_index(chosen[:, None], num_particles)
    return tuple(tf.gather(part, index) for part in particles)


def _usable(log_weights: tf.Tensor) -> tf.Tensor:
    """Log weights [n, N] of which each image has at least one that is finite.

    What is not finite is no weight at all. Where no particle has any, for known
    values that the model holds for impossible, all are equal.
    """
    is_finite = tf.math.is_finite(log_weights)
    none = tf.constant(-math.inf, log_weights.dtype)
    return tf.where(
        tf.reduce_any(is_finite, axis=-1, keepdims=True),
        tf.where(is_finite, log_weights, none),
        tf.zeros_like(log_weights),
    )
