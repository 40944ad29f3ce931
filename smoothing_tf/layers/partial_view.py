"""What the views of a part of an image have in common, and what they use of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from smoothing_tf.layers.activations import concat_elu


class Folded(NamedTuple):
    """What partial views use of a layer, computed once: all in the compute dtype.

    Attributes:
      kernel: the kernel; of a skip connection a list of one kernel per input.
      bias: [filters]; of a transposed convolution of a horizontal stream one for each
        of its outputs, [2 * 2 * filters].
      above: of a layer of a horizontal stream, the rows of the kernel above its last.
      here: of the same, what a pixel gives to its own output, [in_channels, filters];
        None where it gives nothing. Of a transposed convolution the whole kernel,
        [in_channels, 2 * 2 * filters].
      following: of the same, what a pixel gives to the n outputs to its right, the
        nearest first, [in_channels, n * filters].
    """

    kernel: Any
    bias: tf.Tensor
    above: tf.Tensor | None = None
    here: tf.Tensor | None = None
    following: tf.Tensor | None = None


class PartialView:
    """What is the same for a row and for a pixel."""

    def __init__(self, folded: Mapping[Any, Folded]):
        self._folded = folded

    def pointwise(self, layer, x):
        folded = self._folded[layer]
        return matmul(x, folded.kernel) + folded.bias

    def skip(self, layer, x, index):
        folded = self._folded[layer]
        term = matmul(concat_elu(x), folded.kernel[index])
        return term if index else term + folded.bias

    def dropout(self, x, index):
        del index
        return x


def matmul(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """[b, ..., c] times [c, filters]; all sizes but b are known."""
    if x.shape.rank == 2:
        return tf.matmul(x, kernel)
    # A graph of tf.tensordot has four times as many operations.
    y = tf.matmul(tf.reshape(x, [-1, kernel.shape[0]]), kernel)
    return tf.reshape(y, [-1, *x.shape[1:-1], kernel.shape[1]])
