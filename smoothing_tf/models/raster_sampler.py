"""Exact incremental sampling: every pixel computed once, with what came before kept."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    Pixel,
    Row,
    pushed,
    row_terms,
)
from smoothing_tf.models.ancestral import State
from smoothing_tf.models.place import Place

if TYPE_CHECKING:
    from smoothing_tf.models.causal_image_model import CausalImageModel, Features


class RasterSampler:
    """Walks over a batch of images, with the parameters of every pixel in turn.

    It gives what one pass of the network per pixel gives, up to rounding, at about
    the cost of a single pass: a layer is evaluated where its input is new and
    remembers the rest.

    A resolution l takes part in a pixel when row and column are divisible by 2^l. To
    know that while the graph is built, rows and columns go in blocks of
    2^(num_resolutions - 1), and the loops run over the blocks.

    Args:
      model: an image model.
      batch_size: scalar integer.
      features: of the contexts, `batch_size` of them, or None.
    """

    def __init__(
        self,
        model: CausalImageModel,
        batch_size: int | tf.Tensor,
        features: Features | None,
    ):
        self._model = model
        self._batch_size = batch_size
        # None where it is not known when the graph is built.
        self._num_images = tf.zeros([batch_size]).shape[0]
        self._features = features
        self._height, self._width, self._num_channels = model.event_shape
        self._period = 2 ** (model.num_resolutions - 1)
        self._num_blocks = self._width // self._period  # Of a row.
        layers = [
            layer
            for layer in model._flatten_layers(include_self=False)
            if hasattr(layer, "weight") and getattr(layer, "reach", None) != "all"
        ]
        self._folded = {layer: layer.folded() for layer in layers}
        self._convs = [layer for layer in layers if isinstance(layer, CausalConv)]
        self._horizontal = [layer for layer in self._convs if layer.reach != "up"]
        self._transposes = [x for x in layers if isinstance(x, CausalConvTranspose)]

    def walk(
        self,
        visit: Callable[[tf.Tensor, Place, State], tuple[tf.Tensor, State]],
        state: State,
        dtype: tf.DType = tf.float32,
        resample: Callable[[tf.Tensor, State], tuple[tf.Tensor, State]] | None = None,
    ) -> tuple[tf.Tensor, State, tf.Tensor]:
        """Visits every pixel once.

        Args:
          visit: (parameters [b, num_params] in `dtype`, place, state) -> (value of
            the channels at the place [b, num_channels], state).
          state: of the caller, to begin with; its tensors are [b, ...].
          dtype: of the pixels.
          resample: (row, state) -> (ancestors int [b], state) after every row: image
            i goes on as a copy of image ancestors[i]. None: all go on as they are.

        Returns:
          (images [b, h, w, c], state, origin int [b]: which image of the features
          each of them belongs to).
        """
        shape = [self._batch_size, self._height, self._width, self._num_channels]
        x = tf.zeros(shape, dtype)
        rows = self._no_rows()
        keys = list(rows)
        origin = tf.range(self._batch_size)

        def block(index, x, kept, state, origin):
            rows = dict(zip(keys, kept, strict=True))
            for phase in range(self._period):
                row = index * self._period + phase
                view = Row(
                    self._folded, rows, row, phase, None if resample is None else origin
                )
                new, state = self._row(row, phase, view, rows, visit, state, dtype)
                is_here = (tf.range(self._height) == row)[:, None, None]
                x = tf.where(is_here, new, x)
                if resample is not None:
                    ancestors, state = resample(row, state)
                    x, origin = tf.gather(x, ancestors), tf.gather(origin, ancestors)
                    for key in keys:
                        rows[key] = tf.gather(rows[key], ancestors)
            return index + 1, x, [rows[key] for key in keys], state, origin

        _, x, _, state, origin = tf.while_loop(
            lambda index, *_: index < self._height // self._period,
            block,
            (0, x, [rows[key] for key in keys], state, origin),
        )
        return x, state, origin

    def _row(self, row, phase, view, rows, visit, state, dtype):
        """Draws a row; `rows` then remembers it."""
        model = self._model
        above = model.above(None, self._features, view)
        horizontal = [
            x for x in self._horizontal if phase % (2**x.level * x.stride) == 0
        ]
        terms = row_terms(self._folded, rows, horizontal)
        undrawn = _Row(row, phase, above, terms, rows, horizontal)
        new, recorded, state = self._columns(undrawn, visit, state, dtype)
        for layer in self._convs:
            if layer.reads_image and layer in rows:
                recorded[layer] = model.inputs(new)
        for layer, of_layer in recorded.items():
            rows[layer] = pushed(rows[layer], of_layer)
        return new, state

    def _columns(self, row, visit, state, dtype):
        """Draws a row: (pixels, layer -> what it remembers of it, state).

        Both are [b, 1, w, channels]. To carry them, the columns of a block are one
        tensor, [b, columns * channels], and so are the layers of a resolution.
        """
        recorded = self._recorded(row.phase)
        lefts = self._no_left(row.horizontal)
        left_keys = list(lefts)

        def block(index, pixels, kept, arrays, state):
            view = Pixel(
                self._folded,
                row.terms,
                dict(zip(left_keys, kept, strict=True)),
                row.pending,
                index,
                self._width,
                self._period,
                row.phase,
            )
            drawn = []
            for column in range(self._period):
                view.column = column
                place = Place(row.index, index * self._period + column)
                pixel, state = self._pixel(place, view, row.above, visit, state, dtype)
                drawn.append(pixel)
            pixels = pixels.write(index, tf.concat(drawn, axis=1))
            arrays = [
                array.write(index, view.record_of(layers))
                for array, layers in zip(arrays, recorded.values(), strict=True)
            ]
            kept = [view.left[key] for key in left_keys]
            return index + 1, pixels, kept, arrays, state

        _, pixels, _, arrays, state = tf.while_loop(
            lambda index, *_: index < self._num_blocks,
            block,
            (
                0,
                self._array(self._period * self._num_channels, dtype),
                [lefts[key] for key in left_keys],
                [
                    self._array((self._period >> level) * sum(layers.values()))
                    for level, layers in recorded.items()
                ],
                state,
            ),
        )
        of_layers = {}
        for array, layers in zip(arrays, recorded.values(), strict=True):
            channels = [*layers.values()]
            together = joined(array, self._num_blocks, sum(channels))
            of_layers |= zip(layers, tf.split(together, channels, axis=-1), strict=True)
        return joined(pixels, self._num_blocks, self._num_channels), of_layers, state

    def _pixel(self, place, view, above, visit, state, dtype):
        """Draws a pixel, all channels at once or one after another."""
        model = self._model
        num_parts = self._num_channels // model.num_channels
        pixel = tf.zeros([self._batch_size, self._num_channels], dtype)
        for part in range(num_parts):
            # Only the last look at a pixel is remembered: it sees all but its last
            # channels, on which no later feature of the same pixel depends.
            part_view = view if part == num_parts - 1 else view.scratch()
            params = model.params(model.inputs(pixel), above, part_view)
            params = tf.reshape(params, [-1, num_parts, model.head.num_params])
            value, state = visit(
                tf.cast(params[:, part], dtype), place._replace(part=part), state
            )
            before = part * model.num_channels
            after = self._num_channels - before - model.num_channels
            pixel += tf.pad(value, [[0, 0], [before, after]])
        for layer in self._horizontal:
            if layer.reads_image:
                view.enter(layer, model.inputs(pixel))
        return pixel, state

    def _no_rows(self) -> dict[Any, tf.Tensor]:
        """What layers remember above the first row: zeros, outside the image."""
        rows = {
            layer: self._zeros(
                layer.num_rows_above, self._width >> layer.level, layer.in_channels
            )
            for layer in self._convs
            if layer.num_rows_above
        }
        for layer in self._transposes:
            filters = layer.weight.num_biases
            rows[layer] = self._zeros(1, self._width >> layer.level, filters)
        return rows

    def _no_left(self, layers: list[CausalConv]) -> dict[Any, tf.Tensor]:
        """What pixels to the left of the first one give: nothing."""
        return {
            layer: tf.zeros(
                [self._batch_size, layer.num_columns_left * layer.weight.num_biases],
                self._model.compute_dtype,
            )
            for layer in layers
            if layer.num_columns_left
        }

    def _recorded(self, phase: int) -> dict[int, dict[Any, int]]:
        """Layers that remember a row of this phase: level -> layer -> channels."""
        recorded = collections.defaultdict(dict)
        for layer in self._horizontal:
            runs = phase % 2**layer.level == 0
            # Of a stride of 2 the lower row of a window is used at once.
            is_upper = layer.stride == 1 or (phase >> layer.level) % 2
            if runs and is_upper and layer.num_rows_above and not layer.reads_image:
                recorded[layer.level][layer] = layer.in_channels
        for layer in self._transposes:
            gives_two = phase % 2 ** (layer.level + 1) == 0
            if gives_two and layer.reach != "up":
                recorded[layer.level][layer] = layer.weight.num_biases
        return recorded

    def _zeros(self, height, width, channels):
        shape = [self._batch_size, height, width, channels]
        return tf.zeros(shape, self._model.compute_dtype)

    def _array(self, size, dtype=None):
        return tf.TensorArray(
            dtype or self._model.compute_dtype,
            self._num_blocks,
            element_shape=[self._num_images, size],
        )


class _Row(NamedTuple):
    """A row whose pixels are to be drawn.

    Attributes:
      index: scalar integer.
      phase: the same modulo the period.
      above: of the model.
      terms: of the rows above, see `row_terms`.
      pending: what layers remember, and so what transposed convolutions gave one row
        ago.
      horizontal: the layers that run in this row.
    """

    index: tf.Tensor
    phase: int
    above: Any
    terms: dict[CausalConv, tf.Tensor]
    pending: dict[Any, tf.Tensor]
    horizontal: list[CausalConv]


def joined(array: tf.TensorArray, num_blocks: int, num_channels: int) -> tf.Tensor:
    """Blocks [b, n] of a row -> [b, 1, w, num_channels]."""
    # To stack them would need a transposition, which takes several times as long.
    row = tf.concat([array.read(index) for index in range(num_blocks)], axis=1)
    return tf.reshape(row, [-1, 1, row.shape[1] // num_channels, num_channels])
