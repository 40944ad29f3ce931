"""The weights of a layer in the parts that the sampler's views use."""

from typing import Any, NamedTuple

import tensorflow as tf


class SplitWeights(NamedTuple):
    """The weights of a layer, split by which pixel they apply to.

    The sampler computes them once, before the first pixel. All are in the compute
    dtype. The parts below the bias are those of layers of the horizontal stream.

    Attributes:
      kernel: whole kernel; for a skip connection, a list with one kernel per input.
      bias: [filters], or [b, filters] with the biases of each image's class; for a
        transposed convolution of the horizontal stream, one bias
        per output, [2 * 2 * filters].
      above: rows of the kernel above its last one.
      here: [in_channels, filters], the weights from a pixel to its own output, or
        None if there are none; for a transposed convolution, the whole kernel as
        [in_channels, 2 * 2 * filters].
      to_right: [in_channels, n * filters], the weights from a pixel to the n outputs
        to its right, nearest first.
    """

    kernel: Any
    bias: tf.Tensor
    above: tf.Tensor | None = None
    here: tf.Tensor | None = None
    to_right: tf.Tensor | None = None
