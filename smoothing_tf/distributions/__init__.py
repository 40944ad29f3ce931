"""Likelihoods of the models' heads, as TFP distributions."""

from smoothing_tf.distributions.categorical_levels import CategoricalLevels
from smoothing_tf.distributions.channel_autoregressive import ChannelAutoregressive
from smoothing_tf.distributions.discretized_logistic import DiscretizedLogistic
from smoothing_tf.distributions.discretized_logistic_mixture import (
    DiscretizedLogisticMixture,
)
from smoothing_tf.distributions.logistic_mixture import LogisticMixture

__all__ = [
    "CategoricalLevels",
    "ChannelAutoregressive",
    "DiscretizedLogistic",
    "DiscretizedLogisticMixture",
    "LogisticMixture",
]
