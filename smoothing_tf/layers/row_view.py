"""The view of one new row of an image that is being drawn."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
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
        if self._level:
            return self._at_far_level(down, up, x, function)
        if self._row_in_block % 2:
            return self._skip_next_level(down, up, x), None
        return self._run_next_level(down, up, x, function)

    def _run_next_level(self, down, up, x, function):
        next_level = copy.copy(self)
        next_level._level += 1
        y, extra = function(down(x, view=self), next_level)
        first, self._remembered[up] = tf.split(up(y, view=next_level), 2, axis=1)
        return first, extra

    def _skip_next_level(self, down, up, x):
        self._window(down, x)
        return self._remembered[up]

    def _at_far_level(self, down, up, x, function):
        """Decides while the graph runs whether the next level runs at this row."""
        keys = [
            layer
            for layer in self._remembered
            if layer.reach == "up"
            and (layer.level > self._level or layer is down or layer is up)
        ]
        # What `function` returns next to its features, known once it was traced.
        extras: list[Any] = []

        def run():
            view = self._copy_with_memory()
            y, extra = view._run_next_level(down, up, x, function)
            extras.append(extra)
            return y, tensors_of(extra), [view._remembered[key] for key in keys]

        def skip():
            view = self._copy_with_memory()
            y = view._skip_next_level(down, up, x)
            unused = shared_zeros(tensors_of(extras), x.shape[0] or tf.shape(x)[0])
            return y, unused, [view._remembered[key] for key in keys]

        is_due = self._row // 2**self._level % 2 == 0
        y, tensors, rows = tf.cond(is_due, run, skip)
        self._remembered.update(zip(keys, rows, strict=True))
        if not extras:
            return y, None  # Executed eagerly, at a row at which the level is skipped.
        left = iter(tensors)
        return y, tf.nest.map_structure(
            lambda x: x if x is None else next(left), *extras
        )

    def _copy_with_memory(self) -> RowView:
        """Returns a copy with a memory of its own."""
        view = copy.copy(self)
        view._remembered = dict(self._remembered)
        return view

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


def tensors_of(structure: Any) -> list[tf.Tensor]:
    """Returns the tensors of a nesting, without what is None."""
    return [x for x in tf.nest.flatten(structure) if x is not None]


def shared_zeros(
    tensors: Sequence[tf.Tensor], batch_size: int | tf.Tensor
) -> list[tf.Tensor]:
    """Makes zeros of the same sizes [b, ...]; equal sizes share one tensor."""
    keys = [(tuple(x.shape[1:]), x.dtype) for x in tensors]
    zeros = {
        key: tf.zeros([batch_size, *key[0]], key[1]) for key in dict.fromkeys(keys)
    }
    return [zeros[key] for key in keys]


def append_row(rows: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
    """Appends a row [b, 1, w, c] to rows [b, n, w, c] and drops the oldest one."""
    if rows.shape[1] == 1:
        return new
    return tf.concat([rows[:, 1:], new], axis=1)


def slide(layer: ConvLayer, window: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Slides a kernel over the columns of a window of the kernel's own height."""
    no_rows = [[0, 0], [0, 0], *layer.paddings[2:]]
    return tf.nn.conv2d(tf.pad(window, no_rows), kernel, layer.stride, "VALID")
