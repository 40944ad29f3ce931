"""Exact incremental sampling: computes every pixel once and keeps what came before.

The terms are those of `smoothing_tf.layers.view`.
"""

import collections
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    PixelView,
    RowView,
    SplitWeights,
    append_row,
    terms_from_above,
)
from smoothing_tf.models.ancestral import State
from smoothing_tf.models.causal_network import CausalNetwork, Features
from smoothing_tf.models.place import Place


class RasterSampler:
    """Walks over a batch of images and computes the parameters of every pixel.

    Up to rounding the parameters equal those of one pass of the network per pixel, at
    about the cost of a single pass: a layer is evaluated only where its input is new,
    and remembers the rest.

    A level l runs at a pixel if row and column are divisible by 2^l. To know that
    while the graph is built, rows and columns form blocks of 2^(num_resolutions - 1),
    and the loops run over blocks.

    Args:
      network: network of the image model.
      batch_size: scalar integer b.
      features: `network.features` of b images x~, or None.
      classes: one-hot classes of the images [b, K], or None.
    """

    def __init__(
        self,
        network: CausalNetwork,
        batch_size: int | tf.Tensor,
        features: Features | None,
        classes: tf.Tensor | None = None,
    ):
        self._network = network
        self._batch_size = batch_size
        # None if it is not known while the graph is built.
        self._num_images = tf.zeros([batch_size]).shape[0]
        self._features = features
        self._height, self._width, self._num_channels = network.event_shape
        self._block_size = 2 ** (network.num_resolutions - 1)
        self._num_blocks = self._width // self._block_size  # Blocks in a row.
        layers = network.causal_layers()
        self._convs = [layer for layer in layers if isinstance(layer, CausalConv)]
        self._horizontal = [layer for layer in self._convs if layer.reach != "up"]
        # A class changes nothing but biases, so it costs a pixel nothing.
        biases = [] if classes is None else network.class_biases()
        self._class_terms: dict[Any, tf.Tensor] = {x: x(classes) for x in biases}
        self._weights = {layer: layer.split_weights() for layer in layers}
        self._with_classes = [x for x in self._convs if x.class_bias is not None]
        for layer in self._with_classes:
            weights = self._weights[layer]
            bias = weights.bias + self._class_terms[layer.class_bias]
            self._weights[layer] = weights._replace(bias=bias)
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
          state: initial state of the caller; its tensors are [b, ...].
          dtype: dtype of the images.
          resample: (row, state) -> (ancestors int [b], state), called after every row
            to continue image i as a copy of image ancestors[i]; None for no
            resampling.

        Returns:
          (images [b, h, w, c], state, origin int [b]: the index of each image's
          condition).
        """
        shape = [self._batch_size, self._height, self._width, self._num_channels]
        x = tf.zeros(shape, dtype)
        remembered = self._empty_rows()
        keys = list(remembered)
        origin = tf.range(self._batch_size)

        def draw_block(index, x, kept, state, origin):
            remembered = dict(zip(keys, kept, strict=True))
            for row_in_block in range(self._block_size):
                row = index * self._block_size + row_in_block
                own = None if resample is None else origin
                weights, class_terms = self._weights_of(own)
                view = RowView(weights, remembered, row, row_in_block, own, class_terms)
                new, state = self._draw_row(
                    row, row_in_block, view, weights, remembered, visit, state, dtype
                )
                is_here = (tf.range(self._height) == row)[:, None, None]
                x = tf.where(is_here, new, x)
                if resample is not None:
                    ancestors, state = resample(row, state)
                    x, origin = tf.gather(x, ancestors), tf.gather(origin, ancestors)
                    for key in keys:
                        remembered[key] = tf.gather(remembered[key], ancestors)
            return index + 1, x, [remembered[key] for key in keys], state, origin

        _, x, _, state, origin = tf.while_loop(
            lambda index, *_: index < self._height // self._block_size,
            draw_block,
            (0, x, [remembered[key] for key in keys], state, origin),
        )
        return x, state, origin

    def _weights_of(self, origin):
        """Returns (weights, class terms) of the images that the batch now goes with."""
        if origin is None or not self._class_terms:
            return self._weights, self._class_terms
        weights = dict(self._weights)
        for layer in self._with_classes:
            bias = tf.gather(weights[layer].bias, origin)
            weights[layer] = weights[layer]._replace(bias=bias)
        terms = self._class_terms.items()
        return weights, {layer: tf.gather(term, origin) for layer, term in terms}

    def _draw_row(
        self, row, row_in_block, view, weights, remembered, visit, state, dtype
    ):
        """Draws a row and adds it to the rows that the layers remember."""
        network = self._network
        above = network.above(None, self._features, view)
        horizontal = [
            x for x in self._horizontal if row_in_block % (2**x.level * x.stride) == 0
        ]
        terms = terms_from_above(weights, remembered, horizontal)
        undrawn = _Row(row, row_in_block, above, weights, terms, remembered, horizontal)
        new, added, state = self._draw_columns(undrawn, visit, state, dtype)
        for layer in self._convs:
            if layer.reads_image and layer in remembered:
                added[layer] = network.inputs(new)
        for layer, of_layer in added.items():
            remembered[layer] = append_row(remembered[layer], of_layer)
        return new, state

    def _draw_columns(self, row, visit, state, dtype):
        """Draws the pixels of a row.

        Between the iterations of the loop, the columns of a block are one tensor
        [b, columns * channels], and so are the layers of a level.

        Returns:
          (pixels, layer -> the features of the row to remember, state); both tensors
          are [b, 1, w, channels].
        """
        to_remember = self._layers_to_remember(row.row_in_block)
        from_left = self._empty_from_left(row.horizontal)
        left_keys = list(from_left)

        def draw_block(index, pixels, kept, arrays, state):
            view = PixelView(
                row.weights,
                row.terms,
                dict(zip(left_keys, kept, strict=True)),
                row.remembered,
                index,
                self._width,
                self._block_size,
                row.row_in_block,
            )
            drawn = []
            for column in range(self._block_size):
                view.column = column
                place = Place(row.index, index * self._block_size + column)
                pixel, state = self._draw_pixel(
                    place, view, row.above, visit, state, dtype
                )
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
                [from_left[key] for key in left_keys],
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

    def _draw_pixel(self, place, view, above, visit, state, dtype):
        """Draws a pixel, all channels at once or one group after another."""
        network = self._network
        num_parts = self._num_channels // network.num_channels
        pixel = tf.zeros([self._batch_size, self._num_channels], dtype)
        for part in range(num_parts):
            # Only the last evaluation of a pixel is remembered. It sees all channels
            # except the last ones, which no feature of the same pixel depends on.
            is_last = part == num_parts - 1
            part_view = view if is_last else view.copy_without_memory()
            params = network.params(network.inputs(pixel), above, part_view)
            params = tf.reshape(params, [-1, num_parts, network.head.num_params])
            value, state = visit(
                tf.cast(params[:, part], dtype), place._replace(part=part), state
            )
            before = part * network.num_channels
            after = self._num_channels - before - network.num_channels
            pixel += tf.pad(value, [[0, 0], [before, after]])
        for layer in self._horizontal:
            if layer.reads_image:
                view.pass_right(layer, network.inputs(pixel))
        return pixel, state

    def _empty_rows(self) -> dict[Any, tf.Tensor]:
        """Makes the zeros that layers remember above the first row."""
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

    def _empty_from_left(self, layers: list[CausalConv]) -> dict[Any, tf.Tensor]:
        """Makes the zeros that the left border contributes to the first pixel."""
        return {
            layer: tf.zeros(
                [self._batch_size, layer.num_columns_left * layer.weight.num_biases],
                self._network.compute_dtype,
            )
            for layer in layers
            if layer.num_columns_left
        }

    def _layers_to_remember(self, row_in_block: int) -> dict[int, dict[Any, int]]:
        """Finds the layers that remember a row: level -> layer -> channels."""
        found: dict[int, dict[Any, int]] = collections.defaultdict(dict)
        for layer in self._horizontal:
            runs = row_in_block % 2**layer.level == 0
            # With a stride of 2, the lower row of a window is used right away.
            is_upper = layer.stride == 1 or (row_in_block >> layer.level) % 2
            if runs and is_upper and layer.num_rows_above and not layer.reads_image:
                found[layer.level][layer] = layer.in_channels
        for layer in self._transposes:
            yields_two = row_in_block % 2 ** (layer.level + 1) == 0
            if yields_two and layer.reach != "up":
                found[layer.level][layer] = layer.weight.num_biases
        return found

    def _zeros(self, height, width, channels):
        shape = [self._batch_size, height, width, channels]
        return tf.zeros(shape, self._network.compute_dtype)

    def _array(self, size, dtype=None):
        return tf.TensorArray(
            dtype or self._network.compute_dtype,
            self._num_blocks,
            element_shape=[self._num_images, size],
        )


class _Row(NamedTuple):
    """A row whose pixels are to be drawn.

    Attributes:
      index: scalar integer.
      row_in_block: index within its block.
      above: result of `CausalNetwork.above`.
      weights: layer -> its weights, with biases of each image's class.
      terms: result of `terms_from_above`.
      remembered: layer -> rows above that it remembers.
      horizontal: convolutions of the horizontal stream that run in this row.
    """

    index: tf.Tensor
    row_in_block: int
    above: Any
    weights: dict[Any, SplitWeights]
    terms: dict[Any, tf.Tensor]
    remembered: dict[Any, tf.Tensor]
    horizontal: list[CausalConv]


def join_blocks(array: tf.TensorArray, num_blocks: int, num_channels: int) -> tf.Tensor:
    """Joins the blocks [b, n] of a row to [b, 1, w, num_channels]."""
    # Stacking them would need a transposition, which takes several times as long.
    row = tf.concat([array.read(index) for index in range(num_blocks)], axis=1)
    return tf.reshape(row, [-1, 1, row.shape[1] // num_channels, num_channels])
