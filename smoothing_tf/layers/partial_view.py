"""The common base of the view of a row and the view of a pixel."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from smoothing_tf.layers.activations import concat_elu
from smoothing_tf.layers.split_weights import SplitWeights


class PartialView:
    """Evaluates the layers that treat every pixel on its own.

    Args:
      weights: layer -> its weights, for all layers.
    """

    def __init__(self, weights: Mapping[Any, SplitWeights]):
        self._weights = weights

    def pointwise(self, layer, x):
        weights = self._weights[layer]
        return multiply(x, weights.kernel) + weights.bias

    def skip(self, layer, x, index):
        weights = self._weights[layer]
        term = multiply(self.concat_elu(x), weights.kernel[index])
        return term if index else term + weights.bias

    def concat_elu(self, x):
        return concat_elu(x)

    def dropout(self, x, index):
        del index
        return x


def multiply(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Multiplies [b, ..., c] by [c, filters]; all sizes except b must be static."""
    if x.shape.rank == 2:
        return tf.matmul(x, kernel)
    # A graph of tf.tensordot has four times as many operations.
    y = tf.matmul(tf.reshape(x, [-1, kernel.shape[0]]), kernel)
    return tf.reshape(y, [-1, *x.shape[1:-1], kernel.shape[1]])
