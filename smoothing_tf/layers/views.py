"""One definition of a causal layer, evaluated in several ways.

A view computes what a layer stands for. `Full` takes whole images. The sampler draws
one pixel after another and cannot afford that: `Row` (`row_view`) computes a vertical
stream for one new row, given remembered rows above, and `Pixel` (`pixel_view`) a
horizontal stream for one new pixel, given the same and remembered pixels to the left.
All three give the same numbers up to rounding, so that a sample follows the likelihood.

`Initializing` is `Full` on a first batch, and sets scales and biases as it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import tensorflow as tf

from smoothing_tf.layers.activations import concat_elu
from smoothing_tf.layers.dropout import dropout

if TYPE_CHECKING:
    from smoothing_tf.layers.causal_conv import (
        CausalConv,
        CausalConvTranspose,
        PointwiseConv,
        SkipConv,
    )

# What a recursion over resolutions hands back beside its features, e.g. the terms that
# the vertical stream adds to the horizontal one.
Extra = Any


class View(Protocol):
    """What layers and models ask of a view.

    Tensors are [b, h, w, c] throughout, those of a single pixel [b, c].
    """

    def conv(self, layer: CausalConv, x: tf.Tensor) -> tf.Tensor:
        """A causal convolution with its stride and shift."""

    def conv_transpose(self, layer: CausalConvTranspose, x: tf.Tensor) -> tf.Tensor:
        """A transposed convolution of stride 2."""

    def pointwise(self, layer: PointwiseConv, x: tf.Tensor) -> tf.Tensor:
        """A 1x1 convolution."""

    def skip(self, layer: SkipConv, x: tf.Tensor, index: int) -> tf.Tensor:
        """One term of a skip connection."""

    def dropout(self, x: tf.Tensor, index: int) -> tf.Tensor:
        """Dropout number `index` of the model, where there is any."""

    def coarser(
        self,
        down: CausalConv,
        up: CausalConvTranspose,
        x: tf.Tensor,
        function: Callable[[tf.Tensor, View], tuple[tf.Tensor, Extra]],
    ) -> tuple[tf.Tensor, Extra]:
        """up(function(down(x))), whose second result is None where it did not run."""

    def take(self, whole: tf.Tensor) -> tf.Tensor:
        """The part of a tensor over more than the view that belongs to the view."""


class Full:
    """Whole images: training, likelihoods, and the features of a context.

    Args:
      dropout_seed: int32 [2]; dropout is active when it is given.
      dropout_rate: share of units that are dropped.
      is_spatial: whether dropout drops whole channels of an image.
    """

    def __init__(
        self,
        dropout_seed: tf.Tensor | None = None,
        dropout_rate: float = 0.0,
        is_spatial: bool = False,
    ):
        self._dropout_seed = dropout_seed
        self._dropout_rate = dropout_rate
        self._is_spatial = is_spatial

    def conv(self, layer, x):
        kernel, bias = layer.weight.folded()
        # Explicit padding inside tf.nn.conv2d is many times slower on a CPU.
        y = tf.nn.conv2d(tf.pad(x, layer.paddings), kernel, layer.stride, "VALID")
        return shifted(self._finish(layer, y, bias), layer.shift)

    def conv_transpose(self, layer, x):
        kernel, bias = layer.weight.folded()
        return self._finish(layer, transpose(layer, x, kernel), bias)

    def pointwise(self, layer, x):
        kernel, bias = layer.weight.folded()
        return self._finish(layer, tf.tensordot(x, kernel, 1), bias)

    def skip(self, layer, x, index):
        kernel, bias = layer.weight.folded()
        rows = (
            tf.gather(kernel, layer.rows_of(index)) if layer.num_inputs > 1 else kernel
        )
        term = tf.tensordot(concat_elu(x), rows, 1)
        return term if index else term + bias

    def dropout(self, x, index):
        if self._dropout_seed is None or not self._dropout_rate:
            return x
        noise_shape = None
        if self._is_spatial:
            noise_shape = tf.stack([tf.shape(x)[0], 1, 1, x.shape[-1]])
        seed = tf.random.experimental.stateless_fold_in(self._dropout_seed, index)
        return dropout(x, self._dropout_rate, seed, noise_shape)

    def coarser(self, down, up, x, function):
        y, extra = function(down(x, view=self), self)
        return up(y, view=self), extra

    def take(self, whole):
        return whole

    def _finish(self, layer, y, bias):
        return y + bias


class Initializing(Full):
    """Data-dependent initialization: every layer standardizes its outputs.

    Run on one batch with the weights just drawn, from the first layer to the last;
    see `WeightNormKernel.fit_outputs`.

    Reference: Salimans & Kingma, "Weight Normalization", NeurIPS 2016, section 3.
    """

    def __init__(self):
        super().__init__()
        self._first_terms: dict[SkipConv, tf.Tensor] = {}

    def skip(self, layer, x, index):
        kernel, _ = layer.weight.folded()
        term = tf.tensordot(concat_elu(x), tf.gather(kernel, layer.rows_of(index)), 1)
        before = self._first_terms.pop(layer, tf.zeros_like(term))
        if index < layer.num_inputs - 1:
            self._first_terms[layer] = before + term
            return term
        # The earlier terms have been handed out as they were: their sum is made up for.
        factor, bias = layer.weight.fit_outputs(before + term)
        return factor * (before + term) + bias - before

    def _finish(self, layer, y, bias):
        if not hasattr(layer.weight, "fit_outputs"):
            return y + bias
        factor, bias = layer.weight.fit_outputs(y)
        return factor * y + bias


def shifted(x: tf.Tensor, shift: str | None) -> tf.Tensor:
    """Puts zeros in front of rows ("down") or columns ("right"), drops the last."""
    if shift == "down":
        return tf.pad(x[:, :-1], [[0, 0], [1, 0], [0, 0], [0, 0]])
    if shift == "right":
        return tf.pad(x[:, :, :-1], [[0, 0], [0, 0], [1, 0], [0, 0]])
    return x


def transpose(layer: CausalConvTranspose, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """The transposed convolution of stride 2, cropped to twice the size."""
    batch, height, width, filters = tf.unstack(tf.shape(x))
    surplus = layer.num_columns - 2
    shape = tf.stack([batch, 2 * height, 2 * width + surplus, filters])
    y = tf.nn.conv2d_transpose(x, kernel, shape, 2, "VALID")[:, :, surplus:]
    double = [size and 2 * size for size in x.shape[1:3]]
    return tf.ensure_shape(y, [None, *double, kernel.shape[2]])
