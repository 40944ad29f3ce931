"""The view of one new row of an image that is being drawn."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from smoothing_tf.layers.class_bias import over_pixels
from smoothing_tf.layers.full_view import convolve_transposed, shift_features
from smoothing_tf.layers.partial_view import PartialView
from smoothing_tf.layers.split_weights import SplitWeights
from smoothing_tf.layers.view import ConvLayer


class RowView(PartialView):
    """Evaluates layers of a vertical stream, whose reach is "up", on a new row.

    Args:
      weights: layer -> its weights, for all layers.
      remembered: layer -> rows above that it remembers, [b, n, w, c]; for a
        transposed convolution, the second row of its latest pair. Updated in place.
      row: index of the new row, integer tensor.
      row_in_block: index of the row within its block, a Python integer.
      origin: int [b], index into a whole tensor's images for each image of the batch;
        None if they are the same images.
      class_terms: biases of classes -> their term for each image, [b, c].
    """

    def __init__(
        self,
        weights: Mapping[Any, SplitWeights],
        remembered: dict[Any, tf.Tensor],
        row: tf.Tensor,
        row_in_block: int,
        origin: tf.Tensor | None = None,
        class_terms: Mapping[Any, tf.Tensor] | None = None,
    ):
        super().__init__(weights)
        self._origin = origin
        self._remembered = remembered
        self._row = row
        self._row_in_block = row_in_block
        self._class_terms = class_terms or {}
        self._level = 0

    def class_term(self, layer):
        return self._class_terms[layer]

    def conv(self, layer, x):
        weights = self._weights[layer]
        y = slide(layer, self._window(layer, x), weights.kernel)
        y += over_pixels(weights.bias)
        if layer.shift == "down" and not self._row_in_block:
            # Zeros are shifted in from outside the image.
            y *= tf.cast(self._row > 0, y.dtype)
        return y

    def conv_transpose(self, layer, x):
        weights = self._weights[layer]
        return convolve_transposed(layer, x, weights.kernel) + weights.bias

    def at_next_level(self, down, up, x, function):
        if (self._row_in_block >> self._level) % 2:
            self._window(down, x)
            return self._remembered[up], None
        next_level = copy.copy(self)
        next_level._level += 1
        y, extra = function(down(x, view=self), next_level)
        first, self._remembered[up] = tf.split(up(y, view=next_level), 2, axis=1)
        return first, extra

    def crop(self, whole):
        """Returns the row of [b, h, w, c] at the level of this view."""
        row = tf.gather(whole, self._row // 2**self._level, axis=1)
        if self._origin is not None:
            row = tf.gather(row, self._origin)
        return row[:, None]

    def _window(self, layer, x):
        """Returns the rows that the kernel covers, and remembers the new one."""
        if layer.shift == "down":
            # The layer reads the image. The sampler adds the row once it is drawn.
            return self._remembered[layer]
        if not layer.num_rows_above:
            return x
        window = tf.concat([self._remembered[layer], x], axis=1)
        self._remembered[layer] = append_row(self._remembered[layer], x)
        return window


def terms_from_above(
    weights: Mapping[Any, SplitWeights],
    remembered: Mapping[Any, tf.Tensor],
    layers: Iterable[ConvLayer],
) -> dict[ConvLayer, tf.Tensor]:
    """Computes what the rows above contribute to a new row of a horizontal stream.

    The upper rows of a kernel do not need the pixels of the new row, so their term is
    computed for all columns at once.

    Args:
      weights: layer -> its weights, for all layers.
      remembered: layer -> rows above that it remembers.
      layers: the convolutions of reach "up_left" or "raster" that run in this row.

    Returns:
      layer -> [b, 1, w, filters], bias included; kernels of one row have no term.
    """
    return {
        layer: shift_features(
            slide(layer, remembered[layer], weights[layer].above)
            + over_pixels(weights[layer].bias),
            layer.shift,
        )
        for layer in layers
        if layer.kernel_size[0] > 1
    }


def append_row(rows: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
    """Appends a row [b, 1, w, c] to rows [b, n, w, c] and drops the oldest one."""
    if rows.shape[1] == 1:
        return new
    return tf.concat([rows[:, 1:], new], axis=1)


def slide(layer: ConvLayer, window: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Slides a kernel over the columns of a window of the kernel's own height."""
    no_rows = [[0, 0], [0, 0], *layer.paddings[2:]]
    return tf.nn.conv2d(tf.pad(window, no_rows), kernel, layer.stride, "VALID")
