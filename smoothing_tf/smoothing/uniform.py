"""Uniform smoothing, the one of bounded support."""

import math

import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.smoothing.smoothing import Smoothing

tfd = tfp.distributions

# x and x~ are stored in float32, where each is off by at most 2^-24 of its size. A
# draw close to an edge of the support may so come to lie beyond it.
_ROUNDING = 2.0**-22


class Uniform(Smoothing):
    """Uniform noise of standard deviation noise_scale: its half-width over sqrt(3).

    Where q(x~ | x) is 0 the bound does not look: with p(x | x~) > 0 there, the
    importance-weighted bound converges to the integral of p(x~) p(x | x~) over
    the support alone, still a lower bound on log p(x).

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    def coordinate_distribution(self, x: tf.Tensor) -> tfd.Distribution:
        half_width = tf.constant(self.noise_scale * math.sqrt(3.0), x.dtype)
        return _UniformAround(x, half_width)


class _UniformAround(tfd.Uniform):
    """U(loc - w, loc + w), which takes its own draws for possible after rounding.

    Args:
      loc: centre.
      half_width: w.
    """

    def __init__(self, loc: tf.Tensor, half_width: tf.Tensor):
        parameters = dict(locals())
        self._loc, self._half_width = loc, half_width
        super().__init__(loc - half_width, loc + half_width, name="UniformAround")
        self._parameters = parameters

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {
            "loc": tfp.util.ParameterProperties(),
            "half_width": tfp.util.ParameterProperties(),
        }

    def _log_prob(self, x):
        tolerance = _ROUNDING * (tf.abs(self._loc) + self._half_width)
        is_possible = tf.abs(x - self._loc) <= self._half_width + tolerance
        log_density = -tf.math.log(2.0 * self._half_width)
        return tf.where(
            is_possible, log_density, tf.constant(-math.inf, log_density.dtype)
        )
