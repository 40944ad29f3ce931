"""The terms of the bound on log p(x), and their importance-weighted mean."""

from typing import NamedTuple

import tensorflow as tf


class BoundTerms(NamedTuple):
    """log p(x~), log p(x | x~) and log q(x~ | x) at one x~, each [batch] in nats."""

    log_smoothed: tf.Tensor
    log_reverse: tf.Tensor
    log_noise: tf.Tensor

    def log_weight(self) -> tf.Tensor:
        """Computes log p(x~) + log p(x | x~) - log q(x~ | x), [batch] in nats.

        Its expectation under q is the bound on log p(x); its exponential is an
        unbiased estimate of p(x).
        """
        return self.log_smoothed + self.log_reverse - self.log_noise


def importance_weighted_bound(log_weights: tf.Tensor) -> tf.Tensor:
    """Computes log 1/K sum_k w_k, whose expectation is a bound that grows with K.

    Args:
      log_weights: `BoundTerms.log_weight` of K independent x~, [K, batch] in nats.

    Returns:
      [batch] in nats. K = 1 is the plain bound.

    Reference: Burda et al., "Importance Weighted Autoencoders", ICLR 2016.
    """
    log_weights = tf.convert_to_tensor(log_weights)
    num_draws = tf.cast(tf.shape(log_weights)[0], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, axis=0) - tf.math.log(num_draws)
