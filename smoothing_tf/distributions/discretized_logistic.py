"""A logistic distribution over evenly spaced levels."""

import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.numerics import levels_to_unit, log1mexp

tfd = tfp.distributions


class DiscretizedLogistic(tfd.Distribution):
    """The mass of a logistic distribution in bins around L levels on [-1, 1].

    Level i is at x = 2 i / (L - 1) - 1. With y = i, the location and scale
    in units of levels, a = (y + 1/2 - loc) / s and b = (y - 1/2 - loc) / s:

        log P(y)     = log(1 - exp(-1/s)) - softplus(-a) - softplus(b)
        log P(0)     = -softplus(-a)
        log P(L - 1) = -softplus(b)

    This form is exact and free of cancellation, unlike the difference of two sigmoids.
    The first and the last bin extend to infinity.

    Args:
      loc: locations on [-1, 1], floating tensor.
      log_scale: logarithms of the scales on [-1, 1], broadcastable with `loc`.
      num_levels: number of levels L, at least 2.

    Raises:
      ValueError: there are fewer than two levels.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017, section 2.1.
    """

    def __init__(self, loc, log_scale, num_levels: int, name="DiscretizedLogistic"):
        parameters = dict(locals())
        if num_levels < 2:
            raise ValueError(f"`num_levels` must be at least 2; got {num_levels}.")
        self._loc = tf.convert_to_tensor(loc)
        self._log_scale = tf.convert_to_tensor(log_scale, dtype=self._loc.dtype)
        self._num_levels = num_levels
        super().__init__(
            dtype=self._loc.dtype,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name=name,
        )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {
            "loc": tfp.util.ParameterProperties(),
            "log_scale": tfp.util.ParameterProperties(),
        }

    def _event_shape(self):
        return tf.TensorShape([])

    def _event_shape_tensor(self):
        return tf.constant([], tf.int32)

    def _loc_and_scale_in_levels(self):
        half_range = (self._num_levels - 1) / 2.0
        return (self._loc + 1.0) * half_range, tf.exp(self._log_scale) * half_range

    def _log_prob(self, x):
        # A value between two levels counts as the nearest one, so that rounding errors
        # do no harm. Values beyond the outer bins have no mass.
        last = self._num_levels - 1
        y = tf.round((x + 1.0) * (last / 2.0))
        loc, scale = self._loc_and_scale_in_levels()
        upper = -tf.math.softplus((loc - y - 0.5) / scale)
        lower = -tf.math.softplus((y - 0.5 - loc) / scale)
        inside = log1mexp(1.0 / scale) + upper + lower
        log_mass = tf.where(y <= 0, upper, tf.where(y >= last, lower, inside))
        outside = (y < 0) | (y > last)
        return tf.where(outside, tf.constant(float("-inf"), x.dtype), log_mass)

    def _sample_n(self, n, seed=None):
        loc, scale = self._loc_and_scale_in_levels()
        levels = tf.round(tfd.Logistic(loc, scale).sample(n, seed=seed))
        levels = tf.clip_by_value(levels, 0.0, self._num_levels - 1.0)
        return levels_to_unit(levels, self._num_levels, self.dtype)
