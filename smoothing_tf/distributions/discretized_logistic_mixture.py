"""Discretized mixture of logistics, for data with finitely many levels."""

import functools

import tensorflow_probability as tfp

from smoothing_tf.distributions.channel_autoregressive import ChannelAutoregressive
from smoothing_tf.distributions.discretized_logistic import DiscretizedLogistic
from smoothing_tf.distributions.logistic_mixture import mixture_parameter_properties

tfd = tfp.distributions


class DiscretizedLogisticMixture(tfd.MixtureSameFamily):
    """sum_k pi_k prod_c DiscretizedLogistic(x_c | loc_kc + coupling, ...).

    A distribution over the L levels of each channel, at x = 2 i / (L - 1) - 1.
    Samples are exact levels, and each channel is rounded before it shifts the
    next one, so that samples follow `log_prob`.

    Args:
      logits: floating tensor [..., K].
      loc: tensor [..., K, C].
      log_scale: tensor [..., K, C].
      coefficients: tensor [..., K, C (C - 1) / 2] coupling later channels to
        earlier ones (see `ChannelAutoregressive`), or None.
      num_levels: number of levels L, 256 for 8-bit images.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(self, logits, loc, log_scale, coefficients=None, *, num_levels: int):
        parameters = dict(locals())
        super().__init__(
            mixture_distribution=tfd.Categorical(logits=logits),
            components_distribution=ChannelAutoregressive(
                functools.partial(DiscretizedLogistic, num_levels=num_levels),
                loc,
                log_scale,
                coefficients,
            ),
            name="DiscretizedLogisticMixture",
        )
        self._parameters = parameters

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return mixture_parameter_properties()
