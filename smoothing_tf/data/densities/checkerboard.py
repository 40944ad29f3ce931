"""Eight squares of a chessboard, filled uniformly."""

import math

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Checkerboard(tfd.Distribution):
    """u = U(-2, 2), v = U(0, 1) - 2 Bernoulli(1/2) + (floor(u) mod 2), x = 2 (u, v).

    8 squares of side 2 in [-4, 4]^2 with the density 1/32. The edges of a square
    have no mass; a point on one belongs to the square above and to the right.

    Args:
      dtype: floating dtype of the samples.
    """

    def __init__(self, dtype: tf.DType = tf.float32):
        parameters = dict(locals())
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
        u_seed, v_seed, half_seed = tfp.random.split_seed(seed, 3)
        u = tf.random.stateless_uniform([n], u_seed, -2.0, 2.0, dtype=self.dtype)
        v = tf.random.stateless_uniform([n], v_seed, dtype=self.dtype)
        half = tf.random.stateless_uniform([n], half_seed, 0, 2, dtype=tf.int32)
        v += tf.math.floormod(tf.floor(u), 2.0) - 2.0 * tf.cast(half, self.dtype)
        return 2.0 * tf.stack([u, v], axis=-1)

    def _log_prob(self, x):
        square = tf.floor(x / 2.0)
        is_dark = tf.equal(tf.math.floormod(square[..., 0] + square[..., 1], 2.0), 0.0)
        is_on_board = tf.reduce_all((square >= -2.0) & (square < 2.0), axis=-1)
        return tf.where(
            is_dark & is_on_board,
            tf.constant(-math.log(32.0), x.dtype),
            tf.constant(-math.inf, x.dtype),
        )

    def _entropy(self):
        return tf.constant(math.log(32.0), self.dtype)


def checkerboard(dtype: tf.DType = tf.float32) -> Checkerboard:
    """The checkerboard of Meng et al., ICLR 2021."""
    return Checkerboard(dtype)
