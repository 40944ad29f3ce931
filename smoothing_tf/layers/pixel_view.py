"""The view of one new pixel of an image that is being drawn."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from smoothing_tf.layers.partial_view import PartialView, multiply
from smoothing_tf.layers.split_weights import SplitWeights
from smoothing_tf.layers.view import ConvLayer


class PixelView(PartialView):
    """Evaluates layers of a horizontal stream on a new pixel; tensors are [b, c].

    The layers have the reach "up_left" or "raster". One object serves the pixels of a
    block, one after another; set `column` to the current one. Blocks make it known
    while the graph is built which levels run at a pixel.

    Args:
      weights: layer -> its weights, for all layers.
      terms: layer -> term of the rows above, see `terms_from_above`.
      from_left: layer -> [b, n * filters], contribution of pixels to the left to the
        next n outputs, nearest first. Updated in place.
      second_rows: transposed convolution -> second row of its latest pair,
        [b, 1, w, c].
      columns: reference to a row [b, 1, w, c] -> its columns in the block, see
        `JoinedRows.cut`.
      width: columns of the image.
      row_in_block: index of the row within its block of rows.
    """

    def __init__(
        self,
        weights: Mapping[Any, SplitWeights],
        terms: Mapping[ConvLayer, tf.Tensor],
        from_left: dict[Any, tf.Tensor],
        second_rows: Mapping[Any, tf.Tensor],
        columns: Mapping[Any, Sequence[tf.Tensor]],
        width: int,
        row_in_block: int,
    ):
        super().__init__(weights)
        self._terms = terms
        self._second_rows = second_rows
        self._width = width
        self._row_in_block = row_in_block
        self._level = 0
        self._columns = columns
        self._second_columns: dict[Any, tf.Tensor] = {}
        self.from_left = from_left
        self.column = 0
        # Layer -> its features to remember, [b, c] for each column of the block.
        self._remembered: dict[Any, list[tf.Tensor]] = {}

    def conv(self, layer, x):
        weights = self._weights[layer]
        has_term = layer.kernel_size[0] > 1
        y = self.crop(self._terms[layer]) if has_term else weights.bias
        if layer.num_columns_left == 1:
            y += self.from_left[layer]
        elif layer.num_columns_left:
            y += self.from_left[layer][:, : layer.weight.num_biases]
        if weights.here is not None:
            y += multiply(x, weights.here)
        # The sampler passes the image on once the whole pixel is drawn. With a stride
        # of 2 no later window covers a pixel at an even row and column;
        # `at_next_level` takes care of the others.
        if not layer.reads_image and layer.stride == 1:
            self.pass_right(layer, x)
            self._remember(layer, x)
        return y

    def conv_transpose(self, layer, x):
        weights = self._weights[layer]
        # The windows of a 2x2 kernel with a stride of 2 do not overlap.
        return multiply(x, weights.here) + weights.bias

    def at_next_level(self, down, up, x, function):
        if (self._row_in_block >> self._level) % 2:
            self._remember(down, x)
            return self.crop(self._second_rows[up]), None
        if (self.column >> self._level) % 2:
            self.pass_right(down, x)
            return self._second_columns.pop(up), None
        y = down(x, view=self)
        self._level += 1
        y, extra = function(y, self)
        four = tf.split(up(y, view=self), 4, axis=-1)
        self._level -= 1
        first, self._second_columns[up], *second_row = four
        for column in second_row:
            self._remember(up, column)
        return first, extra

    def crop(self, whole):
        """Returns the pixel of a row [b, 1, w, c] at the level of this view."""
        # The width of a row tells its level.
        column = self.column * whole.shape[2] // self._width
        return self._columns[whole.ref()][column]

    def pass_right(self, layer: ConvLayer, pixel: tf.Tensor) -> None:
        """Adds what a pixel contributes to the outputs to its right.

        Nothing needs the result before the next pixel, so it runs in parallel to the
        layers that follow.
        """
        num_outputs = layer.num_columns_left
        if not num_outputs:
            return
        added = multiply(pixel, self._weights[layer].to_right)
        if num_outputs > 1:
            filters = layer.weight.num_biases
            later = self.from_left[layer][:, filters:]
            added += tf.pad(later, [[0, 0], [0, filters]])
        self.from_left[layer] = added

    def join_remembered(self, layers: Iterable[Any]) -> tf.Tensor:
        """Joins what layers of one level remember of the block.

        Returns:
          [b, columns * channels of all layers], column after column.
        """
        by_column = zip(*[self._remembered[layer] for layer in layers], strict=True)
        return tf.concat([x for column in by_column for x in column], axis=1)

    def copy_without_memory(self) -> PixelView:
        """Returns a copy that can evaluate the pixel and leaves no trace of it."""
        other = copy.copy(self)
        other.from_left = dict(self.from_left)
        other._remembered = {}
        other._second_columns = dict(self._second_columns)
        return other

    def _remember(self, layer, x):
        self._remembered.setdefault(layer, []).append(x)
