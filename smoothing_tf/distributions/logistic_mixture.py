"""Continuous mixture of logistics, the density of the smoothed stage."""

import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.distributions.channel_autoregressive import ChannelAutoregressive

tfd = tfp.distributions


class LogisticMixture(tfd.MixtureSameFamily):
    """sum_k pi_k prod_c Logistic(x_c | loc_kc + coupling, exp(log_scale_kc)).

    The channels of a pixel share one mixture index.

    Args:
      logits: floating tensor [..., K].
      loc: tensor [..., K, C].
      log_scale: tensor [..., K, C].
      coefficients: tensor [..., K, C (C - 1) / 2] coupling later channels to
        earlier ones (see `ChannelAutoregressive`), or None.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(self, logits, loc, log_scale, coefficients=None):
        parameters = dict(locals())
        super().__init__(
            mixture_distribution=tfd.Categorical(logits=logits),
            components_distribution=ChannelAutoregressive(
                lambda loc, log_scale: tfd.Logistic(loc, tf.exp(log_scale)),
                loc,
                log_scale,
                coefficients,
            ),
            name="LogisticMixture",
        )
        self._parameters = parameters

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return mixture_parameter_properties()


def mixture_parameter_properties() -> dict[str, tfp.util.ParameterProperties]:
    """Returns how many trailing axes of each parameter belong to one event."""
    per_component = tfp.util.ParameterProperties(event_ndims=2)
    return {
        "logits": tfp.util.ParameterProperties(event_ndims=1),
        "loc": per_component,
        "log_scale": per_component,
        "coefficients": per_component,
    }
