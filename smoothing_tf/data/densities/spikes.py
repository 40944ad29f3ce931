"""Narrow Gaussians on a line."""

import math

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions

SPACING = 0.2
_SCALE = 0.01
WEIGHTS = (0.028, 0.098, 0.119, 0.098, 0.054, 0.135, 0.133, 0.175, 0.107, 0.054)


class Spikes(tfd.MixtureSameFamily):
    """sum_k w_k N(x | (k - (K - 1) / 2) d, s^2), event shape [1].

    Args:
      weights: weights proportional to w, [K].
      spacing: spacing d of the means.
      scale: s.
      dtype: floating dtype of the samples.

    Raises:
      ValueError: no weight, a weight, spacing or scale that is not above 0.
    """

    def __init__(self, weights, spacing: float, scale: float, dtype=tf.float32):
        parameters = dict(locals())
        weights = np.asarray(weights, np.float64)
        if not len(weights) or not np.all(weights > 0.0):
            raise ValueError(f"`weights` must be numbers above 0; got {weights}.")
        for name, value in (("spacing", spacing), ("scale", scale)):
            if not value > 0.0:
                raise ValueError(f"`{name}` must be above 0; got {value}.")
        self.weights = weights / np.sum(weights)
        self.spacing, self.scale = float(spacing), float(scale)
        number = len(self.weights)
        self.centers = (np.arange(number) - (number - 1) / 2) * self.spacing
        super().__init__(
            tfd.Categorical(logits=tf.constant(np.log(self.weights), dtype)),
            tfd.Independent(
                tfd.Normal(
                    tf.constant(self.centers[:, None], dtype),
                    tf.constant(self.scale, dtype),
                ),
                1,
            ),
            name="Spikes",
        )
        self._parameters = parameters

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {}

    def smoothed(self, noise_scale: float) -> "Spikes":
        """The density of x~ = x + noise_scale * N(0, 1), exactly."""
        both = math.hypot(self.scale, noise_scale)
        return Spikes(self.weights, self.spacing, both, self.dtype)

    def _sample_n(self, n, seed=None):
        # Drawing a component and then from it alone is less work than TFP's way,
        # which draws from all of them.
        component_seed, noise_seed = tfp.random.split_seed(seed, 2)
        position = tf.random.stateless_uniform([n, 1], component_seed, dtype=self.dtype)
        edges = tf.constant(np.cumsum(self.weights)[:-1], self.dtype)
        component = tf.reduce_sum(tf.cast(position >= edges, tf.int32), axis=-1)
        center = tf.gather(tf.constant(self.centers, self.dtype), component)
        noise = tf.random.stateless_normal([n], noise_seed, dtype=self.dtype)
        return (center + tf.constant(self.scale, self.dtype) * noise)[:, None]

    def _entropy(self):
        reach = 12.0 * self.scale
        step = self.scale / 50.0
        x = np.arange(self.centers[0] - reach, self.centers[-1] + reach, step)
        exact = Spikes(self.weights, self.spacing, self.scale, tf.float64)
        log_density = exact.log_prob(tf.constant(x[:, None])).numpy()
        entropy = -np.sum(np.exp(log_density) * log_density) * step
        return tf.constant(float(entropy), self.dtype)


def spikes(dtype: tf.DType = tf.float32) -> Spikes:
    """Ten Gaussians of standard deviation .01, .2 apart and centered.

    The paper shows such data but does not define them; the numbers are ours.
    """
    return Spikes(WEIGHTS, SPACING, _SCALE, dtype)
