"""Exact incremental sampling: computes every pixel once and keeps what came before.

The terms are those of `smoothing_tf.layers.view`.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    RowView,
    append_row,
)
from smoothing_tf.models.ancestral import State
from smoothing_tf.models.causal_network import CausalNetwork, Features
from smoothing_tf.models.place import Place
from smoothing_tf.models.row_walk import RowWalk


class RasterSampler:
    """Walks over a batch of images and computes the parameters of every pixel.

    Up to rounding the parameters equal those of one pass of the network per pixel, at
    about the cost of a single pass: a layer is evaluated only where its input is new,
    and remembers the rest.

    A level l runs at a pixel if row and column are divisible by 2^l. For level 1 that
    is known while the graph is built: the loop runs over blocks of two rows. `RowWalk`
    does the same for the columns of a row, and decides about coarser levels while the
    graph runs.

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
        # An integer where it is known while the graph is built.
        self._batch_size = tf.zeros([batch_size]).shape[0] or batch_size
        self._features = features
        self._height, self._width, self._num_channels = network.event_shape
        self._block_size = min(network.num_resolutions, 2)
        layers = network.causal_layers()
        self._convs = [layer for layer in layers if isinstance(layer, CausalConv)]
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
        walk = RowWalk(
            network,
            self._batch_size,
            row,
            row_in_block,
            network.above(None, self._features, view),
            weights,
            remembered,
        )
        new, rows, state = walk.walk(visit, state, dtype)
        remembered.update(rows)
        for layer in self._convs:
            if layer.reads_image and layer in remembered:
                remembered[layer] = append_row(remembered[layer], network.inputs(new))
        return new, state

    def _empty_rows(self) -> dict[Any, tf.Tensor]:
        """Makes the zeros that layers remember above the first row."""
        shapes = {
            layer: (layer.num_rows_above, self._width >> layer.level, layer.in_channels)
            for layer in self._convs
            if layer.num_rows_above
        }
        for layer in self._transposes:
            shapes[layer] = (1, self._width >> layer.level, layer.weight.num_biases)
        # Layers share the zeros, in place of an operation for each.
        zeros = {
            shape: tf.zeros([self._batch_size, *shape], self._network.compute_dtype)
            for shape in dict.fromkeys(shapes.values())
        }
        return {layer: zeros[shape] for layer, shape in shapes.items()}
