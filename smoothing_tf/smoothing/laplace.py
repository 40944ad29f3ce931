"""Laplace smoothing, with heavier tails and a sharper peak than a Gaussian."""

import math

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.smoothing.noise_stream import NoiseStream
from smoothing_tf.smoothing.smoothing import Smoothing

tfd = tfp.distributions


class Laplace(Smoothing):
    """Laplace noise of standard deviation noise_scale, its scale times sqrt(2).

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    def coordinate_distribution(self, x: tf.Tensor) -> tfd.Distribution:
        return tfd.Laplace(x, self._scale(x.dtype))

    def sample(self, x: tf.Tensor, stream: NoiseStream) -> tf.Tensor:
        x = tf.convert_to_tensor(x)
        # The inverse of the distribution function, of numbers above -1 and below 1.
        low = np.nextafter(x.dtype.as_numpy_dtype(-1.0), x.dtype.as_numpy_dtype(0.0))
        position = low + (1.0 - low) * stream.uniform_like(x)
        distance = -tf.math.log1p(-tf.abs(position))
        return x + self._scale(x.dtype) * tf.sign(position) * distance

    def _scale(self, dtype: tf.DType) -> tf.Tensor:
        return tf.constant(self.noise_scale / math.sqrt(2.0), dtype)
