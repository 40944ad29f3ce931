"""Particles: N weighted draws of each of n images, in one batch of n N."""

import math

import tensorflow as tf

from smoothing_tf.seeds import per_example


def repeat_particles(x: tf.Tensor, num_particles: int | tf.Tensor) -> tf.Tensor:
    """Repeats each example N times in a row, [n, ...] -> [n N, ...]."""
    return tf.repeat(x, num_particles, axis=0)


def is_used(num_used: tf.Tensor, num_particles: int | tf.Tensor) -> tf.Tensor:
    """Marks the particles of images that use fewer than N: bool [n, N].

    Args:
      num_used: number of particles of each image, int32 [n], from 1 to N.
      num_particles: number of particles N.
    """
    return tf.range(num_particles) < num_used[:, None]


def flatten_index(index: tf.Tensor, num_particles: int | tf.Tensor) -> tf.Tensor:
    """Maps indices within images, int [n, m], to indices into the batch, [n m]."""
    first = tf.range(tf.shape(index)[0])[:, None] * num_particles
    return tf.reshape(first + index, [-1])


def effective_number(
    log_weights: tf.Tensor, num_used: tf.Tensor | None = None
) -> tf.Tensor:
    """Computes 1 / sum_k w_k^2 of the normalized weights of each image.

    Args:
      log_weights: log weights of the particles, floating [n, N].
      num_used: number of particles of each image, int32 [n]; None for N each.

    Returns:
      [n], from 1 to the number of particles.
    """
    if num_used is None:
        num_used = tf.fill(tf.shape(log_weights)[:1], tf.shape(log_weights)[1])
    weights = tf.nn.softmax(_make_usable(log_weights, num_used))
    return 1.0 / tf.reduce_sum(weights**2, axis=-1)


def resample_unequal(
    log_weights: tf.Tensor, uniform: tf.Tensor, num_used: tf.Tensor | None = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """Resamples the images with few effective particles, systematically.

    Args:
      log_weights: log weights of the particles, floating [n, N].
      uniform: uniform noise on [0, 1), [n].
      num_used: number of particles of each image, int32 [n]: those that follow have no
        weight and no effect. None for N each.

    Returns:
      (ancestors int32 [n, N], log weights [n, N]). An image keeps its particles if
      their effective number, 1 / sum_k w_k^2 of the normalized weights, is at least
      N / 2.
    """
    if num_used is None:
        num_used = tf.fill(tf.shape(log_weights)[:1], tf.shape(log_weights)[1])
    log_weights = _make_usable(log_weights, num_used)
    index = tf.range(tf.shape(log_weights)[1])
    own = is_used(num_used, tf.shape(log_weights)[1])
    count = tf.cast(num_used, log_weights.dtype)[:, None]
    weights = tf.nn.softmax(log_weights)
    is_unequal = tf.reduce_sum(weights**2, axis=-1, keepdims=True) * count > 2
    points = tf.cast(index, weights.dtype) + uniform[:, None]
    chosen = tf.searchsorted(tf.cumsum(weights, axis=-1), points / count, side="right")
    # Rounding may leave the sum of all weights below 1.
    chosen = tf.minimum(chosen, num_used[:, None] - 1)
    return (
        tf.where(is_unequal & own, chosen, index),
        tf.where(is_unequal & own, tf.zeros_like(log_weights), log_weights),
    )


def draw_classes(
    log_frequencies: tf.Tensor,
    seeds: tf.Tensor,
    num_particles: int | tf.Tensor,
    num_used: tf.Tensor | None = None,
) -> tf.Tensor:
    """Draws a class for each particle, systematically over the particles of an image.

    Each particle has each class with its frequency pi, and among N particles the number
    of those with a class differs from N pi by less than 1.

    Args:
      log_frequencies: log pi, floating [num_classes]; -inf for a class that is never
        drawn.
      seeds: int32 [n, 2], one seed per image.
      num_particles: number of particles N.
      num_used: number of particles of each image, int32 [n], which count as N; None
        for N each.

    Returns:
      int32 [n N].
    """
    frequencies = tf.nn.softmax(log_frequencies)
    uniform = per_example(
        lambda seed: tf.random.stateless_uniform([1], seed, dtype=frequencies.dtype),
        "class",
        seeds,
        dtype=frequencies.dtype,
    )
    index = tf.range(num_particles)
    points = tf.cast(index, frequencies.dtype) + uniform[:, None]
    if num_used is None:
        num_used = tf.fill(tf.shape(seeds)[:1], num_particles)
    points /= tf.cast(num_used, frequencies.dtype)[:, None]
    ends = tf.cumsum(frequencies)
    # Rounding may leave the sum of all frequencies below 1.
    drawn = tf.searchsorted(ends, tf.reshape(points, [-1]), "right")
    last = tf.reduce_max(tf.where(frequencies > 0.0))
    return tf.minimum(drawn, tf.cast(last, tf.int32))


def choose_particles(
    log_weights: tf.Tensor,
    seeds: tf.Tensor,
    num_particles: int | tf.Tensor,
    *particles: tf.Tensor,
    num_used: tf.Tensor | None = None,
) -> tuple[tf.Tensor, ...]:
    """Draws one particle per image, with probabilities proportional to the weights.

    Args:
      log_weights: [n N].
      seeds: int32 [n, 2], one seed per image.
      num_particles: number of particles N.
      *particles: tensors [n N, ...].
      num_used: number of particles of each image, int32 [n]; None for N each.

    Returns:
      Tuple with [n, ...] for each of `particles`.
    """
    if is_single(num_particles):
        return particles
    if num_used is None:
        num_used = tf.fill(tf.shape(seeds)[:1], num_particles)

    def draw(log_weights, seed):
        logits = log_weights[None]
        return tf.random.stateless_categorical(logits, 1, seed, tf.int32)[0]

    grouped = _make_usable(tf.reshape(log_weights, [-1, num_particles]), num_used)
    chosen = per_example(draw, "choose", seeds, grouped, dtype=tf.int32)
    index = flatten_index(chosen[:, None], num_particles)
    return tuple(tf.gather(part, index) for part in particles)


def is_single(num_particles: int | tf.Tensor) -> bool:
    """Tells whether it is known, while a graph is built, that N is 1."""
    return isinstance(num_particles, int) and num_particles == 1


def _make_usable(log_weights: tf.Tensor, num_used: tf.Tensor) -> tf.Tensor:
    """Makes sure that each image has a particle of finite log weight, [n, N].

    Other log weights that are not finite count as -inf. An image without a finite one,
    whose known values are impossible under the model, gets equal weights. Particles
    that an image does not use get -inf.
    """
    own = is_used(num_used, tf.shape(log_weights)[1])
    is_finite = tf.math.is_finite(log_weights) & own
    none = tf.constant(-math.inf, log_weights.dtype)
    usable = tf.where(
        tf.reduce_any(is_finite, axis=-1, keepdims=True),
        tf.where(is_finite, log_weights, none),
        tf.zeros_like(log_weights),
    )
    return tf.where(own, usable, none)
