"""Circles in the plane with Gaussian noise: the rings and the Olympic rings."""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.data.densities.quadrature import entropy_on_grid

tfd = tfp.distributions

# The density is negligible this many standard deviations away from a circle.
_REACH = 9.0


class BlurredCircles(tfd.Distribution):
    """A uniformly chosen circle, a uniform angle on it, isotropic Gaussian noise.

    With r_k = |x - center_k|, R_k the radius and s the noise,

      p(x) = 1/K sum_k exp(-(r_k^2 + R_k^2) / (2 s^2)) I_0(r_k R_k / s^2) / (2 pi s^2).

    Args:
      centers: [K, 2].
      radii: [K].
      noise_scale: s, standard deviation per coordinate.
      dtype: floating dtype of the samples.

    Raises:
      ValueError: not a radius above 0 for each center in the plane, or noise that is
        not above 0.
    """

    def __init__(
        self,
        centers: np.ndarray | Sequence[Sequence[float]],
        radii: np.ndarray | Sequence[float],
        noise_scale: float,
        dtype: tf.DType = tf.float32,
    ):
        parameters = dict(locals())
        self.centers = np.asarray(centers, np.float64)
        self.radii = np.asarray(radii, np.float64)
        if self.centers.shape != (len(self.radii), 2) or not len(self.radii):
            raise ValueError(
                "`centers` must be [K, 2] for the radii [K]; got shapes"
                f" {self.centers.shape} and {self.radii.shape}."
            )
        if not np.all(self.radii > 0.0):
            raise ValueError(f"`radii` must be above 0; got {self.radii}.")
        if not noise_scale > 0.0:
            raise ValueError(f"`noise_scale` must be above 0; got {noise_scale}.")
        self.noise_scale = float(noise_scale)
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

    def smoothed(self, noise_scale: float) -> "BlurredCircles":
        """The density of x~ = x + noise_scale * N(0, I), exactly."""
        both = math.hypot(self.noise_scale, noise_scale)
        return BlurredCircles(self.centers, self.radii, both, self.dtype)

    def _batch_shape_tensor(self):
        return tf.constant([], tf.int32)

    def _batch_shape(self):
        return tf.TensorShape([])

    def _event_shape_tensor(self):
        return tf.constant([2], tf.int32)

    def _event_shape(self):
        return tf.TensorShape([2])

    def _sample_n(self, n, seed=None):
        circle_seed, angle_seed, noise_seed = tfp.random.split_seed(seed, 3)
        circle = tf.random.stateless_uniform(
            [n], circle_seed, 0, len(self.radii), dtype=tf.int32
        )
        angle = tf.random.stateless_uniform(
            [n], angle_seed, 0.0, 2.0 * math.pi, dtype=self.dtype
        )
        direction = tf.stack([tf.cos(angle), tf.sin(angle)], axis=-1)
        radius = tf.gather(tf.constant(self.radii, self.dtype), circle)
        center = tf.gather(tf.constant(self.centers, self.dtype), circle)
        noise = tf.random.stateless_normal([n, 2], noise_seed, dtype=self.dtype)
        scale = tf.constant(self.noise_scale, self.dtype)
        return center + radius[:, None] * direction + scale * noise

    def _log_prob(self, x):
        radii = tf.constant(self.radii, x.dtype)
        variance = tf.constant(self.noise_scale**2, x.dtype)
        offset = x[..., None, :] - tf.constant(self.centers, x.dtype)
        squared = tf.reduce_sum(offset**2, axis=-1)
        # The root's derivative is infinite at a center, that of what follows is not.
        distance = tf.sqrt(tf.maximum(squared, np.finfo(x.dtype.as_numpy_dtype).tiny))
        log_terms = -((distance - radii) ** 2) / (2.0 * variance)
        log_terms += tf.math.log(tf.math.bessel_i0e(distance * radii / variance))
        log_terms -= math.log(len(self.radii) * 2.0 * math.pi)
        return tf.reduce_logsumexp(log_terms, axis=-1) - tf.math.log(variance)

    def _entropy(self):
        reach = self.radii + _REACH * self.noise_scale
        low = (self.centers - reach[:, None]).min(axis=0)
        high = (self.centers + reach[:, None]).max(axis=0)
        exact = BlurredCircles(self.centers, self.radii, self.noise_scale, tf.float64)
        return tf.constant(
            entropy_on_grid(exact, low, high, self.noise_scale / 3.0), self.dtype
        )


def rings(dtype: tf.DType = tf.float32) -> BlurredCircles:
    """Four concentric circles of radii 3, 2.25, 1.5 and .75 with noise of .08.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """
    return BlurredCircles(np.zeros([4, 2]), [3.0, 2.25, 1.5, 0.75], 0.08, dtype)


def olympics(dtype: tf.DType = tf.float32) -> BlurredCircles:
    """Five linked unit circles with noise of .0125.

    The paper shows such data but does not define them; the numbers are ours.
    """
    centers = [[-1.75, 0.75], [0.0, 0.75], [1.75, 0.75], [-1.05, -0.75], [1.05, -0.75]]
    return BlurredCircles(centers, np.ones(5), 0.0125, dtype)
