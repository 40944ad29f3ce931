"""The contract between causal layers and the views that evaluate them.

Each causal layer is defined once and evaluated by a view. Likelihoods use `FullView`,
and training steps `TrainingView`, which adds dropout. The sampler draws one pixel after
another, so it uses `RowView` for the vertical stream and `PixelView` for the horizontal
stream, which compute only what is new. Without dropout all give the same numbers up to
rounding, so samples follow the likelihood.

Terms:

  view         a way to evaluate layers: whole images, one new row, or one new pixel
  level        a resolution: 0 is that of the image, level l has 1 / 2^l of its rows
  block        two rows or columns: level 1 runs at the first of them
  far          of a level: above 1, so that it runs at some of the blocks only
  crop         the part of a whole tensor that a view covers: its row, or its pixel
  remembered   what a layer keeps of a row or of a pixel for those that follow
  term         a summand of a layer's output that does not need the newest input
  carried      what a pixel passes on to those to its right, per layer
  second       of the two rows or columns of a transposed convolution, the later one
  origin       which image's context a resampled image goes with
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from smoothing_tf.layers.class_bias import ClassBias

# The second result of a recursion over levels, next to its features, e.g. the terms
# that the vertical stream adds to the horizontal stream.
Extra = Any


class View(Protocol):
    """The interface that a view offers to layers and models.

    Tensors are [b, h, w, c], in a view of a single pixel [b, c].
    """

    def conv(self, layer: ConvLayer, x: tf.Tensor) -> tf.Tensor:
        """Applies a causal convolution with its stride and shift."""

    def conv_transpose(self, layer: ConvTransposeLayer, x: tf.Tensor) -> tf.Tensor:
        """Applies a transposed convolution of stride 2."""

    def pointwise(self, layer: PointwiseLayer, x: tf.Tensor) -> tf.Tensor:
        """Applies a 1x1 convolution."""

    def skip(self, layer: SkipLayer, x: tf.Tensor, index: int) -> tf.Tensor:
        """Computes the term of input number `index` of a skip connection."""

    def class_term(self, layer: ClassBias) -> tf.Tensor:
        """Returns the biases of each image's class, [b, c].

        In a view of a single pixel they are part of the biases of its layers.
        """

    def concat_elu(self, x: tf.Tensor) -> tf.Tensor:
        """Computes the ELU of [x, -x]."""

    def dropout(self, x: tf.Tensor, index: int) -> tf.Tensor:
        """Applies dropout number `index` of the model, if dropout is active."""

    def at_next_level(
        self,
        down: ConvLayer,
        up: ConvTransposeLayer,
        x: tf.Tensor,
        function: Callable[[tf.Tensor, View], tuple[tf.Tensor, Extra]],
    ) -> tuple[tf.Tensor, Extra]:
        """Computes up(function(down(x))) at half the resolution.

        Args:
          down: convolution of stride 2.
          up: transposed convolution back to the resolution of `x`.
          x: features.
          function: (features, view of the next level) -> (features, extra).

        Returns:
          (features, extra); extra is None if `function` did not need to run.
        """

    def crop(self, whole: tf.Tensor) -> tf.Tensor:
        """Returns the part of a larger tensor that this view covers."""


class Weight(Protocol):
    """A kernel with its bias.

    Attributes:
      shape: shape of the kernel.
      num_biases: length of the bias.

    A weight may also have `fit_outputs` for data-dependent initialization; see
    `WeightNormKernel`.
    """

    shape: tuple[int, ...]
    num_biases: int

    def kernel_and_bias(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes the kernel and the bias, in the compute dtype."""


class ConvLayer(Protocol):
    """The interface that a causal convolution offers to views; see `CausalConv`.

    Attributes:
      weight: kernel [rows, columns, in_channels, filters] and bias [filters].
      kernel_size: (rows, columns).
      paddings: zero padding [[0, 0], rows, columns, [0, 0]] of whole images.
      stride: 1 or 2.
      shift: "down", "right" or None.
      reads_image: whether the input is the image itself instead of features.
      class_bias: biases of the classes, in addition to the weight's, or None.
      num_rows_above: rows above the current one that the window covers.
      num_columns_left: columns left of the current one that its last row covers.
    """

    weight: Weight
    kernel_size: tuple[int, int]
    paddings: list[list[int]]
    stride: int
    shift: str | None
    reads_image: bool
    class_bias: ClassBias | None

    @property
    def num_rows_above(self) -> int: ...

    @property
    def num_columns_left(self) -> int: ...


class ConvTransposeLayer(Protocol):
    """The interface of a transposed convolution to views; see `CausalConvTranspose`.

    Attributes:
      weight: kernel [2, num_columns, filters, filters] and bias [filters].
      num_columns: columns of the kernel.
    """

    weight: Weight
    num_columns: int


class PointwiseLayer(Protocol):
    """The interface that a 1x1 convolution offers to views; see `PointwiseConv`.

    Attributes:
      weight: kernel [in_channels, filters] and bias [filters].
    """

    weight: Weight


class SkipLayer(Protocol):
    """The interface that a skip connection offers to views; see `SkipConv`.

    Attributes:
      weight: kernel [2 * num_inputs * in_channels, filters] and bias [filters].
      num_inputs: number of inputs.
    """

    weight: Weight
    num_inputs: int

    def rows_of(self, index: int) -> np.ndarray:
        """Returns the rows of the kernel that apply to input number `index`."""
