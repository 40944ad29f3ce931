"""Gaussian smoothing, which is the one used for images."""

import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.smoothing.noise_stream import NoiseStream
from smoothing_tf.smoothing.smoothing import Smoothing

tfd = tfp.distributions


class Gaussian(Smoothing):
    """N(x~ | x, noise_scale^2 I).

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    @property
    def single_step_gain(self) -> float:
        # By Tweedie's formula it is the variance of the noise.
        return self.noise_scale**2

    def coordinate_distribution(self, x: tf.Tensor) -> tfd.Distribution:
        return tfd.Normal(x, tf.constant(self.noise_scale, x.dtype))

    def sample(self, x: tf.Tensor, stream: NoiseStream) -> tf.Tensor:
        x = tf.convert_to_tensor(x)
        return x + tf.constant(self.noise_scale, x.dtype) * stream.normal_like(x)
