"""The view of one new pixel of an image that is being drawn."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from smoothing_tf.layers.far_levels import NO_FAR_LEVELS, FarLevels
from smoothing_tf.layers.partial_view import PartialView, multiply
from smoothing_tf.layers.split_weights import SplitWeights
from smoothing_tf.layers.view import ConvLayer


class PixelView(PartialView):
    """Evaluates layers of a horizontal stream on a new pixel; tensors are [b, c].

    The layers have the reach "up_left" or "raster". One object serves the pixels of a
    block, one after another; set `column` to the current one.

    Args:
      weights: layer -> its weights, for all layers.
      terms: layer -> term of the rows above, see `terms_from_above`.
      carried: what a pixel passes on to those to its right; updated in place.
        Layer -> [b, n * filters], its contribution to the next n outputs, nearest
        first. Transposed convolution to a level above 0 -> [b, 2 * filters], the second
        column of its latest block, upper row first. Far level -> [b, n], what
        `join_remembered` made of its latest pixel.
      second_rows: transposed convolution -> second row of its latest pair,
        [b, 1, w, c].
      columns: reference to a row [b, 1, w, c] -> its columns in the block, see
        `JoinedRows.cut`.
      width: columns of the image.
      row_in_block: index of the row within its block of rows.
      far: the levels that do not run at every block.
    """

    def __init__(
        self,
        weights: Mapping[Any, SplitWeights],
        terms: Mapping[ConvLayer, tf.Tensor],
        carried: dict[Any, tf.Tensor],
        second_rows: Mapping[Any, tf.Tensor],
        columns: Mapping[Any, Sequence[tf.Tensor]],
        width: int,
        row_in_block: int,
        far: FarLevels = NO_FAR_LEVELS,
    ):
        super().__init__(weights)
        self._terms = terms
        self._far = far
        self._second_rows = second_rows
        self._width = width
        self._row_in_block = row_in_block
        self._level = 0
        self._columns = columns
        self._second_columns: dict[Any, tf.Tensor] = {}
        self.carried = carried
        self.column = 0
        # Layer -> its features to remember, [b, c] for each column of the block.
        self._remembered: dict[Any, list[tf.Tensor]] = {}

    def conv(self, layer, x):
        weights = self._weights[layer]
        has_term = layer.kernel_size[0] > 1
        y = self.crop(self._terms[layer]) if has_term else weights.bias
        if layer.num_columns_left == 1:
            y += self.carried[layer]
        elif layer.num_columns_left:
            y += self.carried[layer][:, : layer.weight.num_biases]
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
        if self._level:
            return self._at_far_level(down, up, x, function)
        if self._row_in_block % 2:
            self._remember(down, x)
            return self.crop(self._second_rows[up]), None
        if self.column % 2:
            self.pass_right(down, x)
            return self._second_columns.pop(up), None
        y = self._run_next_level(down, up, x, function)
        first, self._second_columns[up], *second_row = y
        for column in second_row:
            self._remember(up, column)
        return first, None

    def _run_next_level(self, down, up, x, function):
        """Returns the columns of two rows, row after row."""
        y = down(x, view=self)
        self._level += 1
        y, _ = function(y, self)
        four = tf.split(up(y, view=self), 4, axis=-1)
        self._level -= 1
        return four

    def _at_far_level(self, down, up, x, function):
        """Decides while the graph runs whether the next level runs at this pixel."""
        level = self._level + 1
        keys = [
            key
            for key in self.carried
            if key is down or key is up or self._far.level_of(key) >= level
        ]

        def run():
            view = self.copy_without_memory()
            view._columns = {**self._columns, **self._far.cut(level)}
            first, second, *second_row = view._run_next_level(down, up, x, function)
            view.carried[up] = tf.concat([second, second_row[1]], axis=-1)
            view.carried[level] = view.join_remembered(self._far.remembering[level])
            return first, second_row[0], [view.carried[key] for key in keys]

        def skip():
            view = self.copy_without_memory()
            view.pass_right(down, x)
            second, in_second_row = tf.split(view.carried[up], 2, axis=-1)
            # In a lower row it is the second row, which the upper one has remembered.
            y = tf.where(
                self._far.is_upper_row[level], second, self.crop(self._second_rows[up])
            )
            return y, in_second_row, [view.carried[key] for key in keys]

        first, in_second_row, carried = tf.cond(self._far.is_due[level], run, skip)
        self.carried.update(zip(keys, carried, strict=True))
        # Both are remembered in every row. Those of an upper row are read in the lower
        # one, as the second row of `up`; those of a lower one by the next window of
        # `down`.
        self._remember(up, in_second_row)
        self._remember(down, x)
        return first, None

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
            later = self.carried[layer][:, filters:]
            added += tf.pad(later, [[0, 0], [0, filters]])
        self.carried[layer] = added

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
        other.carried = dict(self.carried)
        other._remembered = {}
        other._second_columns = dict(self._second_columns)
        return other

    def _remember(self, layer, x):
        self._remembered.setdefault(layer, []).append(x)
