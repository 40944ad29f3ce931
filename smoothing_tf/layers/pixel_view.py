"""The view of one new pixel of an image that is being drawn."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from smoothing_tf.layers.partial_view import Folded, PartialView, matmul

if TYPE_CHECKING:
    from smoothing_tf.layers.causal_conv import CausalConv


class Pixel(PartialView):
    """A new pixel of a horizontal stream: layers that reach "up_left" or "raster".

    Its tensors are [b, c]: a pixel has no rows and columns.

    One object walks over a block of columns, `column` after `column`; a block is as
    long as the period 2^(resolutions - 1), so that it is known before anything runs
    which resolutions take part.

    Args:
      folded: of all layers.
      terms: of the row, see `row_terms`.
      left: layer -> [b, n * filters], what the pixels to the left give to the new
        one and to those after it. Updated in place.
      pending: transposed convolution -> the row that it gave one row ago,
        [b, 1, w, c].
      block: index of the block, integer tensor.
      width: columns of the image.
      period: columns of a block.
      phase: index of the row modulo the period.
    """

    def __init__(
        self,
        folded: Mapping[Any, Folded],
        terms: Mapping[CausalConv, tf.Tensor],
        left: dict[Any, tf.Tensor],
        pending: dict[Any, tf.Tensor],
        block: tf.Tensor,
        width: int,
        period: int,
        phase: int,
    ):
        super().__init__(folded)
        self._terms = terms
        self._pending = pending
        self._width = width
        self._period = period
        self._phase = phase
        self._level = 0
        # Of a block that is so wide: begin, end, strides within the [1, w] of an image.
        self._corners = {}
        for num_columns in (period >> level for level in range(period.bit_length())):
            begin = tf.stack([0, 0, block * num_columns])
            end = begin + tf.constant([0, 1, num_columns])
            self._corners[num_columns] = begin, end, tf.ones_like(begin)
        # Columns of whole rows that have been cut out already, by the whole row.
        self._columns: dict[Any, list[tf.Tensor]] = {}
        self._second_columns: dict[Any, tf.Tensor] = {}
        self.left = left
        self.column = 0
        # What each layer is to remember of the new row: [b, c] for each column.
        self.recorded: dict[Any, list[tf.Tensor]] = {}

    def conv(self, layer, x):
        folded = self._folded[layer]
        has_term = layer.kernel_size[0] > 1
        y = self.take(self._terms[layer]) if has_term else folded.bias
        if layer.num_columns_left == 1:
            y += self.left[layer]
        elif layer.num_columns_left:
            y += self.left[layer][:, : layer.weight.num_biases]
        if folded.here is not None:
            y += matmul(x, folded.here)
        # The image is entered once all of a pixel is drawn. With a stride of 2 a pixel
        # at an even row and column is in no later window: what is, `coarser` enters.
        if not layer.reads_image and layer.stride == 1:
            self.enter(layer, x)
            self._record(layer, x)
        return y

    def conv_transpose(self, layer, x):
        folded = self._folded[layer]
        # The windows of a 2x2 kernel and a stride of 2 have nothing in common.
        return matmul(x, folded.here) + folded.bias

    def coarser(self, down, up, x, function):
        if (self._phase >> self._level) % 2:
            self._record(down, x)
            return self.take(self._pending[up]), None
        if (self.column >> self._level) % 2:
            self.enter(down, x)
            return self._second_columns.pop(up), None
        y = down(x, view=self)
        self._level += 1
        y, extra = function(y, self)
        four = tf.split(up(y, view=self), 4, axis=-1)
        self._level -= 1
        first, self._second_columns[up], *next_row = four
        for column in next_row:
            self._record(up, column)
        return first, extra

    def take(self, whole):
        """The column at the resolution of this view of a row [b, 1, w, c]."""
        # A whole row is as wide as its resolution; a block has its share of it.
        row_width = whole.shape[2]
        num_columns = self._period * row_width // self._width
        if whole.ref() not in self._columns:
            block = tf.strided_slice(
                whole,
                *self._corners[num_columns],
                begin_mask=0b1,
                end_mask=0b1,
                shrink_axis_mask=0b10,
            )
            columns = tf.unstack(block, num_columns, axis=1)
            self._columns[whole.ref()] = columns
        return self._columns[whole.ref()][self.column * row_width // self._width]

    def enter(self, layer: CausalConv, pixel: tf.Tensor) -> None:
        """Adds what a pixel gives to the outputs to its right.

        Nothing waits for it until the next pixel: it is computed beside the layers
        that follow.
        """
        num_following = layer.num_columns_left
        if not num_following:
            return
        given = matmul(pixel, self._folded[layer].following)
        if num_following > 1:
            filters = layer.weight.num_biases
            later = self.left[layer][:, filters:]
            given += tf.pad(later, [[0, 0], [0, filters]])
        self.left[layer] = given

    def record_of(self, layers: Iterable[Any]) -> tf.Tensor:
        """What layers of one resolution are to remember of the block.

        [b, columns * channels of all layers], column after column.
        """
        by_column = zip(*[self.recorded[layer] for layer in layers], strict=True)
        return tf.concat([x for column in by_column for x in column], axis=1)

    def scratch(self) -> Pixel:
        """A copy that may look at the pixel and remembers nothing of it."""
        other = copy.copy(self)
        other.left = dict(self.left)
        other.recorded = {}
        other._second_columns = dict(self._second_columns)
        return other

    def _record(self, layer, x):
        self.recorded.setdefault(layer, []).append(x)
