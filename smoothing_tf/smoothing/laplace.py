"""Laplace smoothing, with heavier tails and a sharper peak than a Gaussian."""

import math

import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.smoothing.smoothing import Smoothing

tfd = tfp.distributions


class Laplace(Smoothing):
    """Laplace noise of standard deviation noise_scale, its scale times sqrt(2).

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    def coordinate_distribution(self, x: tf.Tensor) -> tfd.Distribution:
        scale = self.noise_scale / math.sqrt(2.0)
        return tfd.Laplace(x, tf.constant(scale, x.dtype))
