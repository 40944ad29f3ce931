"""Views of one new row, and of one new pixel, of an image that is being drawn."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

from smoothing_tf.layers.activations import concat_elu
from smoothing_tf.layers.views import shifted, transpose

if TYPE_CHECKING:
    from smoothing_tf.layers.causal_conv import CausalConv


class Folded(NamedTuple):
    """What `Row` and `Pixel` use of a layer, computed once: all in the compute dtype.

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


class Images(NamedTuple):
    """Consecutive images of a batch.

    Attributes:
      begin: index of the first one, scalar integer.
      number: how many, scalar integer.
    """

    begin: tf.Tensor
    number: tf.Tensor

    def of(self, structure: Any) -> Any:
        """[b, ...] -> [number, ...], of each tensor in any nesting."""
        end = self.begin + self.number
        return tf.nest.map_structure(lambda x: x[self.begin : end], structure)


class _Partial:
    """What `Row` and `Pixel` have in common."""

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


class Row(_Partial):
    """A new row of a vertical stream: the layers that reach "up".

    Args:
      folded: of all layers.
      rows: layer -> [b, n, w, c], the rows above that it remembers; of a transposed
        convolution the second row that it gave. Updated in place.
      row: index of the new row, integer tensor.
      phase: the same modulo the period 2^(resolutions - 1), as a number.
      origin: int [b], the image of a whole tensor that each row of the batch belongs
        to; None: its own.
    """

    def __init__(
        self,
        folded: Mapping[Any, Folded],
        rows: dict[Any, tf.Tensor],
        row: tf.Tensor,
        phase: int,
        origin: tf.Tensor | None = None,
    ):
        super().__init__(folded)
        self._origin = origin
        self._rows = rows
        self._row = row
        self._phase = phase
        self._level = 0  # The resolution, 0 for that of the image.

    def conv(self, layer, x):
        folded = self._folded[layer]
        y = slide(layer, self._remember(layer, x), folded.kernel) + folded.bias
        if layer.shift == "down" and not self._phase:
            # What is shifted in from outside the image is zero.
            y *= tf.cast(self._row > 0, y.dtype)
        return y

    def conv_transpose(self, layer, x):
        folded = self._folded[layer]
        return transpose(layer, x, folded.kernel) + folded.bias

    def coarser(self, down, up, x, function):
        if (self._phase >> self._level) % 2:
            self._remember(down, x)
            return self._rows[up], None
        coarse = copy.copy(self)
        coarse._level += 1
        y, extra = function(down(x, view=self), coarse)
        first, self._rows[up] = tf.split(up(y, view=coarse), 2, axis=1)
        return first, extra

    def take(self, whole):
        """The row of [b, h, w, c] at the resolution of this view."""
        row = tf.gather(whole, self._row // 2**self._level, axis=1)
        if self._origin is not None:
            row = tf.gather(row, self._origin)
        return row[:, None]

    def _remember(self, layer, x):
        """The rows of the window: those above and, unless it is shifted, x."""
        if layer.shift == "down":
            # It reads the image, whose rows the sampler enters once they are drawn.
            return self._rows[layer]
        if not layer.num_rows_above:
            return x
        window = tf.concat([self._rows[layer], x], axis=1)
        self._rows[layer] = pushed(self._rows[layer], x)
        return window


def row_terms(
    folded: Mapping[Any, Folded],
    rows: Mapping[Any, tf.Tensor],
    layers: Iterable[CausalConv],
) -> dict[CausalConv, tf.Tensor]:
    """What remembered rows give to every pixel of a new row, all columns at once.

    The upper rows of the kernels of a horizontal stream do not depend on the pixels
    of the new row.

    Args:
      folded: of all layers.
      rows: layer -> rows above that it remembers.
      layers: those that reach "up_left" or "raster" and run in this row.

    Returns:
      layer -> [b, 1, w, filters], with the bias; a kernel of one row has no term.
    """
    return {
        layer: shifted(
            slide(layer, rows[layer], folded[layer].above) + folded[layer].bias,
            layer.shift,
        )
        for layer in layers
        if layer.kernel_size[0] > 1
    }


class Pixel(_Partial):
    """A new pixel of a horizontal stream: layers that reach "up_left" or "raster".

    Its tensors are [number of images, c]: a pixel has no rows and columns.

    One object walks over a block of columns, `column` after `column`; a block is as
    long as the period 2^(resolutions - 1), so that it is known before anything runs
    which resolutions take part.

    Args:
      folded: of all layers.
      terms: of the row, see `row_terms`.
      left: layer -> [number of images, n * filters], what the pixels to the left
        give to the new one and to those after it. Updated in place.
      pending: transposed convolution -> the row that it gave one row ago,
        [b, 1, w, c].
      images: those of the batch whose pixel it is.
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
        images: Images,
        block: tf.Tensor,
        width: int,
        period: int,
        phase: int,
    ):
        super().__init__(folded)
        self._terms = terms
        self._pending = pending
        self._images = images
        self._block = block
        self._width = width
        self._period = period
        self._phase = phase
        self._level = 0
        # Of a block that is so wide: begin, end, strides within [b, 1, w].
        self._corners = {}
        for num_columns in (period >> level for level in range(period.bit_length())):
            begin = tf.stack([images.begin, 0, block * num_columns])
            size = tf.stack([images.number, 1, num_columns])
            self._corners[num_columns] = begin, begin + size, tf.ones_like(begin)
        # Columns of whole rows that have been cut out already, by the whole row.
        self._columns: dict[Any, list[tf.Tensor]] = {}
        self._second_columns: dict[Any, tf.Tensor] = {}
        self.left = left
        self.column = 0
        # What each layer is to remember of the new row: [number of images, c] for each
        # column.
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
            corners = self._corners[num_columns]
            block = tf.strided_slice(whole, *corners, shrink_axis_mask=0b10)
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

        [number of images, columns * channels of all layers], column after column.
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


def pushed(rows: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
    """The newest of `rows` [b, n, w, c] and a row [b, 1, w, c]: n of them."""
    if rows.shape[1] == 1:
        return new
    return tf.concat([rows[:, 1:], new], axis=1)


def matmul(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """[b, ..., c] times [c, filters]; all sizes but b are known."""
    if x.shape.rank == 2:
        return tf.matmul(x, kernel)
    # A graph of tf.tensordot has four times as many operations.
    y = tf.matmul(tf.reshape(x, [-1, kernel.shape[0]]), kernel)
    return tf.reshape(y, [-1, *x.shape[1:-1], kernel.shape[1]])


def slide(layer: CausalConv, window: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Slides a kernel over the columns of a window of its own height."""
    no_rows = [[0, 0], [0, 0], *layer.paddings[2:]]
    return tf.nn.conv2d(tf.pad(window, no_rows), kernel, layer.stride, "VALID")
