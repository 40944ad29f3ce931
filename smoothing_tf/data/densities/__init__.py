"""Densities with exact samples and values, by name: data whose floor is known."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from smoothing_tf.data.densities.blurred_circles import BlurredCircles, olympics, rings
from smoothing_tf.data.densities.checkerboard import Checkerboard, checkerboard
from smoothing_tf.data.densities.ring import Ring, ring
from smoothing_tf.data.densities.spikes import Spikes, spikes

# name -> function of a dtype. Each has `sample`, `log_prob` and `entropy`, the least
# mean negative log-likelihood, in nats, that a model can reach.
DENSITIES: dict[str, Callable[..., Any]] = {
    "checkerboard": checkerboard,
    "olympics": olympics,
    "ring": ring,
    "rings": rings,
    "spikes": spikes,
}


def posterior_mean(
    density: BlurredCircles | Spikes, noise_scale: float, x_smoothed: tf.Tensor
) -> tf.Tensor:
    """Computes E[x | x~] for x~ = x + noise_scale * N(0, I), by Tweedie's formula.

    Args:
      density: density of x, whose smoothed density is known.
      noise_scale: standard deviation per coordinate.
      x_smoothed: floating [n, D].

    Returns:
      float64 [n, D].
    """
    x_smoothed = tf.cast(x_smoothed, tf.float64)
    smoothed = density.copy(dtype=tf.float64).smoothed(noise_scale)
    with tf.GradientTape() as tape:
        tape.watch(x_smoothed)
        log_prob = smoothed.log_prob(x_smoothed)
    score = tape.gradient(log_prob, x_smoothed)
    return x_smoothed + tf.constant(noise_scale**2, tf.float64) * score


__all__ = [
    "DENSITIES",
    "BlurredCircles",
    "Checkerboard",
    "Ring",
    "Spikes",
    "posterior_mean",
]
