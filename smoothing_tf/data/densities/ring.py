"""A thin ring: a Gaussian radius at a uniform angle."""

import math

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Ring(tfd.Distribution):
    """N(1, s^2) on a line through the origin, rotated by a uniform angle.

    p(x) = (N(r; 1, s^2) + N(-r; 1, s^2)) / (2 pi r), with r = |x|.

    Args:
      scale: s.
      dtype: floating dtype of the samples.

    Raises:
      ValueError: the scale is not above 0.
    """

    def __init__(self, scale: float, dtype: tf.DType = tf.float32):
        parameters = dict(locals())
        if not scale > 0.0:
            raise ValueError(f"`scale` must be above 0; got {scale}.")
        self.scale = float(scale)
        super().__init__(
            dtype=dtype,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=False,
            parameters=parameters,
        )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {}

    def _batch_shape_tensor(self):
        return tf.constant([], tf.int32)

    def _batch_shape(self):
        return tf.TensorShape([])

    def _event_shape_tensor(self):
        return tf.constant([2], tf.int32)

    def _event_shape(self):
        return tf.TensorShape([2])

    def _sample_n(self, n, seed=None):
        radius_seed, angle_seed = tfp.random.split_seed(seed, 2)
        radius = tf.random.stateless_normal([n], radius_seed, dtype=self.dtype)
        radius = 1.0 + tf.constant(self.scale, self.dtype) * radius
        angle = tf.random.stateless_uniform(
            [n], angle_seed, 0.0, 2.0 * math.pi, dtype=self.dtype
        )
        return radius[:, None] * tf.stack([tf.cos(angle), tf.sin(angle)], axis=-1)

    def _log_prob(self, x):
        radius = tf.norm(x, axis=-1)
        return self._log_density_of_radius(radius) - tf.math.log(2 * math.pi * radius)

    def _log_density_of_radius(self, radius):
        """log density of |x|; a negative radius belongs to the opposite angle."""
        one = tf.ones([], radius.dtype)
        normal = tfd.Normal(one, tf.constant(self.scale, radius.dtype))
        return tf.reduce_logsumexp(
            tf.stack([normal.log_prob(radius), normal.log_prob(-radius)]), axis=0
        )

    def _entropy(self):
        # h(x) = h(r) + E[log(2 pi r)].
        step = self.scale / 50.0
        radius = np.arange(
            max(step / 2, 1.0 - 12 * self.scale), 1 + 12 * self.scale, step
        )
        log_density = self._log_density_of_radius(tf.constant(radius)).numpy()
        integrand = np.exp(log_density) * (np.log(2 * math.pi * radius) - log_density)
        return tf.constant(float(np.sum(integrand) * step), self.dtype)


def ring(dtype: tf.DType = tf.float32) -> Ring:
    """N(1, 0.01^2) rotated about the origin, of Meng et al., ICLR 2021."""
    return Ring(0.01, dtype)
