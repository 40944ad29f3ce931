"""Uniform smoothing, which has bounded support."""

import math

import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.smoothing.noise_stream import NoiseStream
from smoothing_tf.smoothing.smoothing import Smoothing

tfd = tfp.distributions

# x and x~ are stored in float32, with a relative error of up to 2^-24 each. Rounding
# may thus move a sample from just inside the support to just outside.
_ROUNDING = 2.0**-22


class Uniform(Smoothing):
    """Uniform noise of standard deviation noise_scale, its half-width over sqrt(3).

    The bound never sees an x~ with q(x~ | x) = 0. If p(x | x~) > 0 there, the
    importance-weighted bound converges to the logarithm of the integral of
    p(x~) p(x | x~) over the support only, still a lower bound on log p(x).

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    @property
    def lattice_step(self) -> float:
        return 2.0 * self.noise_scale * math.sqrt(3.0)

    def coordinate_distribution(self, x: tf.Tensor) -> tfd.Distribution:
        return _UniformAround(x, self._half_width(x.dtype))

    def sample(self, x: tf.Tensor, stream: NoiseStream) -> tf.Tensor:
        x = tf.convert_to_tensor(x)
        half_width = self._half_width(x.dtype)
        return _between(x - half_width, x + half_width, stream.uniform_like(x))

    def _half_width(self, dtype: tf.DType) -> tf.Tensor:
        return tf.constant(self.noise_scale * math.sqrt(3.0), dtype)


def _between(low: tf.Tensor, high: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    return low + (high - low) * position


class _UniformAround(tfd.Distribution):
    """U(loc - w, loc + w) that accepts its own samples despite rounding.

    Args:
      loc: centers.
      half_width: scalar w.
    """

    def __init__(self, loc: tf.Tensor, half_width: tf.Tensor):
        parameters = dict(locals())
        self._loc, self._half_width = loc, half_width
        super().__init__(
            dtype=loc.dtype,
            reparameterization_type=tfd.FULLY_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=False,
            parameters=parameters,
            name="UniformAround",
        )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {
            "loc": tfp.util.ParameterProperties(),
            "half_width": tfp.util.ParameterProperties(),
        }

    def _event_shape(self):
        return tf.TensorShape([])

    def _event_shape_tensor(self):
        return tf.constant([], tf.int32)

    def _sample_n(self, n, seed=None):
        low, high = self._loc - self._half_width, self._loc + self._half_width
        shape = tf.concat([[n], tf.shape(self._loc)], axis=0)
        position = tf.random.stateless_uniform(
            shape, tfp.random.sanitize_seed(seed), dtype=self.dtype
        )
        return _between(low, high, position)

    def _log_prob(self, x):
        tolerance = _ROUNDING * (tf.abs(self._loc) + self._half_width)
        is_possible = tf.abs(x - self._loc) <= self._half_width + tolerance
        log_density = -tf.math.log(2.0 * self._half_width)
        return tf.where(
            is_possible, log_density, tf.constant(-math.inf, log_density.dtype)
        )

    def _entropy(self):
        return tf.fill(tf.shape(self._loc), tf.math.log(2.0 * self._half_width))

    def _mean(self):
        return self._loc

    def _stddev(self):
        return tf.fill(tf.shape(self._loc), self._half_width / math.sqrt(3.0))
