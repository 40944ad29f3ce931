"""The view of one new row of an image that is being drawn."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from smoothing_tf.layers.partial_view import Folded, PartialView
from smoothing_tf.layers.views import shifted, transpose

if TYPE_CHECKING:
    from smoothing_tf.layers.causal_conv import CausalConv


class Row(PartialView):
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


def pushed(rows: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
    """The newest of `rows` [b, n, w, c] and a row [b, 1, w, c]: n of them."""
    if rows.shape[1] == 1:
        return new
    return tf.concat([rows[:, 1:], new], axis=1)


def slide(layer: CausalConv, window: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Slides a kernel over the columns of a window of its own height."""
    no_rows = [[0, 0], [0, 0], *layer.paddings[2:]]
    return tf.nn.conv2d(tf.pad(window, no_rows), kernel, layer.stride, "VALID")
