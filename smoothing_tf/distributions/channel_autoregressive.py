"""A distribution over the channels of a pixel, each linear in those before it."""

from collections.abc import Callable

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class ChannelAutoregressive(tfd.Distribution):
    """p(x_0) p(x_1 | x_0) ..., with locations loc_c + sum_{j < c} coefficient_{cj} x_j.

    Args:
      make_channel: (loc, log_scale) -> scalar distribution of one channel, e.g.
        `tfd.Logistic`.
      loc: floating tensor [..., C], locations before coupling.
      log_scale: tensor [..., C].
      coefficients: tensor [..., C (C - 1) / 2], in the order (1, 0), (2, 0),
        (2, 1), ...; None for uncoupled channels.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017, section 2.2.
    """

    def __init__(
        self,
        make_channel: Callable[[tf.Tensor, tf.Tensor], tfd.Distribution],
        loc: tf.Tensor,
        log_scale: tf.Tensor,
        coefficients: tf.Tensor | None = None,
        name="ChannelAutoregressive",
    ):
        parameters = dict(locals())
        self._make_channel = make_channel
        self._loc = tf.convert_to_tensor(loc)
        self._log_scale = tf.convert_to_tensor(log_scale, self._loc.dtype)
        self._coefficients = None
        if coefficients is not None:
            self._coefficients = tf.convert_to_tensor(coefficients, self._loc.dtype)
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
        one_axis = tfp.util.ParameterProperties(event_ndims=1)
        return {"loc": one_axis, "log_scale": one_axis, "coefficients": one_axis}

    def _event_shape(self):
        return self._loc.shape[-1:]

    def _event_shape_tensor(self):
        return tf.shape(self._loc)[-1:]

    def _channel(self, index: int, previous: list[tf.Tensor]) -> tfd.Distribution:
        """Makes the distribution of channel `index` given all previous ones."""
        loc = self._loc[..., index]
        if self._coefficients is not None:
            first = index * (index - 1) // 2
            for offset, value in enumerate(previous):
                loc = loc + self._coefficients[..., first + offset] * value
        return self._make_channel(loc, self._log_scale[..., index])

    def _log_prob(self, x):
        channels = tf.unstack(x, num=self._loc.shape[-1], axis=-1)
        return tf.add_n(
            [
                self._channel(index, channels[:index]).log_prob(value)
                for index, value in enumerate(channels)
            ]
        )

    def _sample_n(self, n, seed=None):
        seeds = tfp.random.split_seed(seed, n=self._loc.shape[-1])
        channels: list[tf.Tensor] = []
        for index, channel_seed in enumerate(seeds):
            distribution = self._channel(index, channels)
            # A location that depends on drawn channels already has their axis n.
            draws = [] if channels and self._coefficients is not None else [n]
            channels.append(distribution.sample(draws, seed=channel_seed))
        return tf.stack(channels, axis=-1)
