"""A distribution over evenly spaced levels with a free probability for each."""

import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.numerics import levels_to_unit

tfd = tfp.distributions


class CategoricalLevels(tfd.Distribution):
    """Any distribution over L levels on [-1, 1].

    Level i is at x = 2 i / (L - 1) - 1 and has the mass softmax(logits)_i.

    Args:
      logits: floating tensor [..., L], L >= 2.

    Raises:
      ValueError: there are fewer than two levels.

    Reference: van den Oord et al., "Pixel Recurrent Neural Networks", ICML 2016,
    section 2.2.
    """

    def __init__(self, logits, name="CategoricalLevels"):
        parameters = dict(locals())
        self._logits = tf.convert_to_tensor(logits)
        self._num_levels = self._logits.shape[-1]
        if self._num_levels is None or self._num_levels < 2:
            raise ValueError(
                "`logits` must have at least 2 entries, one per level; got shape"
                f" {self._logits.shape}."
            )
        self._levels = tfd.Categorical(logits=self._logits)
        super().__init__(
            dtype=self._logits.dtype,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name=name,
        )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {"logits": tfp.util.ParameterProperties(event_ndims=1)}

    def _event_shape(self):
        return tf.TensorShape([])

    def _event_shape_tensor(self):
        return tf.constant([], tf.int32)

    def _log_prob(self, x):
        # A value between two levels counts as the nearest one, so that rounding errors
        # do no harm. Values beyond the outer bins have no mass.
        last = self._num_levels - 1
        y = tf.round((x + 1.0) * (last / 2.0))
        level = tf.cast(tf.clip_by_value(y, 0.0, float(last)), tf.int32)
        log_mass = self._levels.log_prob(level)
        outside = (y < 0) | (y > last)
        return tf.where(outside, tf.constant(float("-inf"), x.dtype), log_mass)

    def _sample_n(self, n, seed=None):
        levels = self._levels.sample(n, seed=seed)
        return levels_to_unit(levels, self._num_levels, self.dtype)
