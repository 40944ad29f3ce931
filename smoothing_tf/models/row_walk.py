"""The walk over the pixels of one row of images that are being drawn.

The terms are those of `smoothing_tf.layers.view`.
"""

import collections
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    JoinedRows,
    PixelView,
    SplitWeights,
    terms_from_above,
)
from smoothing_tf.models.ancestral import State
from smoothing_tf.models.causal_network import CausalNetwork, Terms
from smoothing_tf.models.place import Place


class RowWalk:
    """Visits the pixels of a row from left to right.

    Which levels run at a pixel must be known while the graph is built, so the columns
    form blocks of 2^l, where l is the coarsest level that runs in this row, and the
    loop runs over blocks.

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
        self._block_size = 2 ** (network.num_resolutions - 1)
        while row_in_block % self._block_size:
            self._block_size //= 2
        self._num_blocks = self._width // self._block_size
        self._above = above
        self._weights = weights
        self._remembered = remembered
        layers = network.causal_layers()
        convs = [x for x in layers if isinstance(x, CausalConv)]
        transposes = [x for x in layers if isinstance(x, CausalConvTranspose)]
        self._convs = [x for x in convs if x.reach != "up"]
        self._transposes = [x for x in transposes if x.reach != "up"]
        running = [
            x for x in self._convs if row_in_block % (2**x.level * x.stride) == 0
        ]
        self._left_border = self._make_left_border(running)
        self._terms = terms_from_above(weights, remembered, running)
        second_rows = [
            remembered[x]
            for x in self._transposes
            if row_in_block % 2 ** (x.level + 1) == 2**x.level
        ]
        own = [x for x in tf.nest.flatten(above) if x is not None]
        self._rows = JoinedRows([*own, *self._terms.values(), *second_rows])

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
          (pixels, layer -> the features of the row to remember, state); both tensors
          are [b, 1, w, channels].
        """
        to_remember = self._layers_to_remember()
        left_keys = list(self._left_border)

        def draw_block(index, pixels, kept, arrays, state):
            view = PixelView(
                self._weights,
                self._terms,
                dict(zip(left_keys, kept, strict=True)),
                self._remembered,
                self._rows.cut(index, self._num_blocks),
                self._width,
                self._row_in_block,
            )
            drawn = []
            for column in range(self._block_size):
                view.column = column
                place = Place(self._row, index * self._block_size + column)
                pixel, state = self._draw_pixel(place, view, visit, state, dtype)
                drawn.append(pixel)
            pixels = pixels.write(index, tf.concat(drawn, axis=1))
            arrays = [
                array.write(index, view.join_remembered(layers))
                for array, layers in zip(arrays, to_remember.values(), strict=True)
            ]
            kept = [view.from_left[key] for key in left_keys]
            return index + 1, pixels, kept, arrays, state

        _, pixels, _, arrays, state = tf.while_loop(
            lambda index, *_: index < self._num_blocks,
            draw_block,
            (
                0,
                self._array(self._block_size * self._num_channels, dtype),
                [self._left_border[key] for key in left_keys],
                [
                    self._array((self._block_size >> level) * sum(layers.values()))
                    for level, layers in to_remember.items()
                ],
                state,
            ),
        )
        of_layers: dict[Any, tf.Tensor] = {}
        for array, layers in zip(arrays, to_remember.values(), strict=True):
            channels = [*layers.values()]
            together = join_blocks(array, self._num_blocks, sum(channels))
            of_layers |= zip(layers, tf.split(together, channels, axis=-1), strict=True)
        pixels = join_blocks(pixels, self._num_blocks, self._num_channels)
        return pixels, of_layers, state

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

    def _make_left_border(self, layers: list[CausalConv]) -> dict[Any, tf.Tensor]:
        """Makes the zeros that the left border contributes to the first pixels."""
        sizes = {
            layer: layer.num_columns_left * layer.weight.num_biases
            for layer in layers
            if layer.num_columns_left
        }
        # Layers share the zeros, in place of an operation for each.
        zeros = {
            size: tf.zeros([self._batch_size, size], self._network.compute_dtype)
            for size in sizes.values()
        }
        return {layer: zeros[size] for layer, size in sizes.items()}

    def _layers_to_remember(self) -> dict[int, dict[Any, int]]:
        """Finds the layers that remember this row: level -> layer -> channels."""
        found: dict[int, dict[Any, int]] = collections.defaultdict(dict)
        for layer in self._convs:
            runs = self._row_in_block % 2**layer.level == 0
            # With a stride of 2, the lower row of a window is used right away.
            is_upper = layer.stride == 1 or (self._row_in_block >> layer.level) % 2
            if runs and is_upper and layer.num_rows_above and not layer.reads_image:
                found[layer.level][layer] = layer.in_channels
        for layer in self._transposes:
            if self._row_in_block % 2 ** (layer.level + 1) == 0:
                found[layer.level][layer] = layer.weight.num_biases
        return found

    def _array(self, size: int, dtype: tf.DType | None = None) -> tf.TensorArray:
        num_images = self._batch_size if isinstance(self._batch_size, int) else None
        return tf.TensorArray(
            dtype or self._network.compute_dtype,
            self._num_blocks,
            element_shape=[num_images, size],
        )


def join_blocks(array: tf.TensorArray, num_blocks: int, num_channels: int) -> tf.Tensor:
    """Joins the blocks [b, n] of a row to [b, 1, w, num_channels]."""
    # Stacking them would need a transposition, which takes several times as long.
    row = tf.concat([array.read(index) for index in range(num_blocks)], axis=1)
    return tf.reshape(row, [-1, 1, row.shape[1] // num_channels, num_channels])
