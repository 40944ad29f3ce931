"""Nonlinearities of the image models.

They keep the dtype of their input. Inputs in half precision are computed in float32:
TensorFlow's half-precision kernels take two to four times as long on a CPU.
"""

from collections.abc import Callable

import tensorflow as tf


def concat_elu(x: tf.Tensor) -> tf.Tensor:
    """ELU of [x, -x]; doubles the last axis."""
    # One ELU for both: the sampler's tensors are small, so every operation counts.
    return elu(tf.concat([x, -x], axis=-1))


def elu(x: tf.Tensor) -> tf.Tensor:
    """x where x is positive, exp(x) - 1 elsewhere."""
    return _in_float32(tf.nn.elu, x)


def sigmoid(x: tf.Tensor) -> tf.Tensor:
    """1 / (1 + exp(-x))."""
    return _in_float32(tf.sigmoid, x)


def tanh(x: tf.Tensor) -> tf.Tensor:
    """Hyperbolic tangent."""
    return _in_float32(tf.tanh, x)


def _in_float32(function: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor) -> tf.Tensor:
    if x.dtype.size >= 4:
        return function(x)
    return tf.cast(function(tf.cast(x, tf.float32)), x.dtype)
