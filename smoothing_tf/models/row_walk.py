"""The walk over the pixels of one row of images that are being drawn.

The terms are those of `smoothing_tf.layers.view`.
"""

import collections
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    FarLevels,
    JoinedRows,
    PixelView,
    SplitWeights,
    append_row,
    tensors_of,
    terms_from_above,
)
from smoothing_tf.models.ancestral import State
from smoothing_tf.models.causal_network import CausalNetwork, Terms
from smoothing_tf.models.place import Place


class RowWalk:
    """Visits the pixels of a row from left to right.

    Level 1 runs at every second pixel of every second row, so that rows and columns
    form blocks of two, and the loop runs over blocks. In a lower row of a block, where
    only level 0 runs, a block is one column. Whether a far level runs, one above 1, is
    decided while the graph runs: at rows and columns that are multiples of 2^level.

    Args:
      network: network of the image model.
      batch_size: number of images b; an integer if it is known while the graph is
        built, else an integer tensor.
      row: index of the row, integer tensor.
      row_in_block: index of the row within its block of rows, a Python integer.
      above: result of `network.above` for this row.
      weights: layer -> its weights, with the biases of each image's class.
      remembered: layer -> rows above that it remembers.
    """

    def __init__(
        self,
        network: CausalNetwork,
        batch_size: int | tf.Tensor,
        row: tf.Tensor,
        row_in_block: int,
        above: Terms,
        weights: Mapping[Any, SplitWeights],
        remembered: Mapping[Any, tf.Tensor],
    ):
        self._network = network
        self._batch_size = batch_size
        _, self._width, self._num_channels = network.event_shape
        self._row = row
        self._row_in_block = row_in_block
        self._block_size = 1 if row_in_block else min(network.num_resolutions, 2)
        self._num_blocks = self._width // self._block_size
        far = range(2, 1 if row_in_block else network.num_resolutions)
        self._is_upper_row = {level: row % 2**level == 0 for level in far}
        self._above = above
        self._weights = weights
        self._remembered = remembered
        layers = network.causal_layers()
        convs = [x for x in layers if isinstance(x, CausalConv)]
        transposes = [x for x in layers if isinstance(x, CausalConvTranspose)]
        self._convs = [x for x in convs if x.reach != "up"]
        self._transposes = [x for x in transposes if x.reach != "up"]
        self._to_remember = self._layers_to_remember()
        self._running = [
            x for x in self._convs if not row_in_block or _level_of_output(x) == 0
        ]
        self._left_border = self._make_left_border()
        self._terms = self._terms_from_above()
        # Those of level 0 are read in the lower row of a block.
        second_rows = [
            remembered[x] for x in self._transposes if bool(x.level) != row_in_block
        ]
        by_level: dict[int, list[tf.Tensor]] = {level: [] for level in (0, *far)}
        for x in [*tensors_of(above), *self._terms.values(), *second_rows]:
            # The width of a row tells its level.
            level = (self._width // x.shape[2]).bit_length() - 1
            by_level[level if level > 1 else 0].append(x)
        self._rows = {level: JoinedRows(rows) for level, rows in by_level.items()}

    def walk(
        self,
        visit: Callable[[tf.Tensor, Place, State], tuple[tf.Tensor, State]],
        state: State,
        dtype: tf.DType,
    ) -> tuple[tf.Tensor, dict[Any, tf.Tensor], State]:
        """Visits every pixel of the row once; see `RasterSampler.walk`.

        Between the iterations of the loop, the columns of a block are one tensor
        [b, columns * channels], and so are the layers of a level.

        Returns:
          (pixels [b, 1, w, channels], layer -> the rows that it remembers now, state).
        """
        keys = list(self._left_border)

        def draw_block(index, pixels, carried, arrays, state):
            view = PixelView(
                self._weights,
                self._terms,
                dict(zip(keys, carried, strict=True)),
                self._remembered,
                self._rows[0].cut(index, self._num_blocks),
                self._width,
                self._row_in_block,
                self._far_levels(index),
            )
            drawn = []
            for column in range(self._block_size):
                view.column = column
                place = Place(self._row, index * self._block_size + column)
                pixel, state = self._draw_pixel(place, view, visit, state, dtype)
                drawn.append(pixel)
            pixels = pixels.write(index, tf.concat(drawn, axis=1))
            arrays = [
                array.write(
                    index,
                    view.carried[level] if level > 1 else view.join_remembered(layers),
                )
                for array, (level, layers) in zip(
                    arrays, self._to_remember.items(), strict=True
                )
            ]
            carried = [view.carried[key] for key in keys]
            return index + 1, pixels, carried, arrays, state

        _, pixels, _, arrays, state = tf.while_loop(
            lambda index, *_: index < self._num_blocks,
            draw_block,
            (
                0,
                self._array(self._block_size * self._num_channels, dtype),
                [self._left_border[key] for key in keys],
                [
                    self._array((self._block_size >> level or 1) * sum(layers.values()))
                    for level, layers in self._to_remember.items()
                ],
                state,
            ),
        )
        remembered: dict[Any, tf.Tensor] = {}
        for array, level in zip(arrays, self._to_remember, strict=True):
            remembered |= self._rows_after(array, level)
        pixels = join_blocks(pixels, self._num_blocks, self._num_channels)
        return pixels, remembered, state

    def _draw_pixel(self, place, view, visit, state, dtype):
        """Draws a pixel, all channels at once or one group after another."""
        network = self._network
        num_parts = self._num_channels // network.num_channels
        pixel = tf.zeros([self._batch_size, self._num_channels], dtype)
        for part in range(num_parts):
            # Only the last evaluation of a pixel is remembered. It sees all channels
            # except the last ones, which no feature of the same pixel depends on.
            is_last = part == num_parts - 1
            part_view = view if is_last else view.copy_without_memory()
            params = network.params(network.inputs(pixel), self._above, part_view)
            params = tf.reshape(params, [-1, num_parts, network.head.num_params])
            value, state = visit(
                tf.cast(params[:, part], dtype), place._replace(part=part), state
            )
            before = part * network.num_channels
            after = self._num_channels - before - network.num_channels
            pixel += tf.pad(value, [[0, 0], [before, after]])
        for layer in self._convs:
            if layer.reads_image:
                view.pass_right(layer, network.inputs(pixel))
        return pixel, state

    def _far_levels(self, block: tf.Tensor) -> FarLevels:
        """Describes the far levels at a block of columns."""

        def cut(level):
            period = 2**level // self._block_size
            return self._rows[level].cut(block // period, self._num_blocks // period)

        return FarLevels(
            is_upper_row=self._is_upper_row,
            is_due={
                level: is_upper & (block % (2**level // self._block_size) == 0)
                for level, is_upper in self._is_upper_row.items()
            },
            cut=cut,
            remembering=self._to_remember,
        )

    def _terms_from_above(self) -> dict[Any, tf.Tensor]:
        """Computes the terms of the rows above; zeros of levels that do not run."""
        by_level: dict[int, list[CausalConv]] = collections.defaultdict(list)
        for layer in self._running:
            level = _level_of_output(layer)
            by_level[level if level > 1 else 0].append(layer)

        def compute(layers):
            return terms_from_above(self._weights, self._remembered, layers)

        terms = compute(by_level.pop(0))
        for level, layers in by_level.items():
            with_terms = [x for x in layers if x.kernel_size[0] > 1]
            width = self._width >> level
            shapes = [(1, width, x.weight.num_biases) for x in with_terms]
            computed = tf.cond(
                self._is_upper_row[level],
                lambda layers=layers: [*compute(layers).values()],
                lambda shapes=shapes: self._zeros(shapes),
            )
            terms |= zip(with_terms, computed, strict=True)
        return terms

    def _make_left_border(self) -> dict[Any, tf.Tensor]:
        """Makes what the first pixels find, zeros; see `carried` of `PixelView`."""
        sizes: dict[Any, int] = {
            layer: layer.num_columns_left * layer.weight.num_biases
            for layer in self._running
            if layer.num_columns_left
        }
        if not self._row_in_block:
            sizes |= {x: 2 * x.weight.num_biases for x in self._transposes if x.level}
        sizes |= {x: sum(self._to_remember[x].values()) for x in self._is_upper_row}
        zeros = self._zeros([(size,) for size in sizes.values()])
        return dict(zip(sizes, zeros, strict=True))

    def _zeros(self, shapes: Sequence[tuple[int, ...]]) -> list[tf.Tensor]:
        """Makes zeros [b, *shape]; equal shapes share a tensor, and its operations."""
        dtype = self._network.compute_dtype
        zeros = {
            shape: tf.zeros([self._batch_size, *shape], dtype)
            for shape in dict.fromkeys(shapes)
        }
        return [zeros[shape] for shape in shapes]

    def _layers_to_remember(self) -> dict[int, dict[Any, int]]:
        """Finds the layers that remember this row: level -> layer -> channels."""
        found: dict[int, dict[Any, int]] = collections.defaultdict(dict)
        for layer in self._convs:
            runs = not (self._row_in_block and layer.level)
            # With a stride of 2, the lower row of a window is used right away. At far
            # levels the upper row is remembered as well, until the lower one.
            is_read = layer.stride == 1 or layer.level or self._row_in_block
            if runs and is_read and layer.num_rows_above and not layer.reads_image:
                found[layer.level][layer] = layer.in_channels
        if not self._row_in_block:
            for layer in self._transposes:
                found[layer.level][layer] = layer.weight.num_biases
        return found

    def _rows_after(self, array: tf.TensorArray, level: int) -> dict[Any, tf.Tensor]:
        """Returns what the layers of a level remember after this row."""
        layers = self._to_remember[level]

        def append():
            # A far level runs at some of the blocks, which others repeat.
            step = 2**level // self._block_size or 1
            together = join_blocks(array, self._num_blocks, sum(layers.values()), step)
            rows = tf.split(together, [*layers.values()], axis=-1)
            return [
                append_row(self._remembered[layer], row)
                for layer, row in zip(layers, rows, strict=True)
            ]

        if level > 1:
            rows = tf.cond(
                self._is_upper_row[level],
                append,
                lambda: [self._remembered[layer] for layer in layers],
            )
        else:
            rows = append()
        return dict(zip(layers, rows, strict=True))

    def _array(self, size: int, dtype: tf.DType | None = None) -> tf.TensorArray:
        num_images = self._batch_size if isinstance(self._batch_size, int) else None
        return tf.TensorArray(
            dtype or self._network.compute_dtype,
            self._num_blocks,
            element_shape=[num_images, size],
        )


def _level_of_output(layer: CausalConv) -> int:
    return layer.level + layer.stride - 1


def join_blocks(
    array: tf.TensorArray, num_blocks: int, num_channels: int, step: int = 1
) -> tf.Tensor:
    """Joins every `step`-th block [b, n] of a row to [b, 1, w, num_channels]."""
    # Stacking them would need a transposition, which takes several times as long.
    row = tf.concat([array.read(index) for index in range(0, num_blocks, step)], axis=1)
    return tf.reshape(row, [-1, 1, row.shape[1] // num_channels, num_channels])
