"""Gated PixelCNN: two stacks of convolutions without a blind spot."""

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import make_class_bias, over_pixels, sigmoid, tanh
from smoothing_tf.models.gated_pixelcnn_config import GatedPixelCNNConfig
from smoothing_tf.models.subpixel_model import SubpixelModel

_FIRST_KERNEL_SIZE = 7


class GatedPixelCNN(SubpixelModel):
    """A vertical stack v of the rows above, a horizontal one h of the current row.

    With gate(a, b) = tanh(a) sigmoid(b) and layers l = 1, ..., num_layers:

      v'_l = conv_kxk(v_{l-1}),                  v_l = gate(v'_l)
      g_l = gate(conv_1xk(h_{l-1}) + conv1x1(v'_l))
      h_l = h_{l-1} + conv1x1(g_l),              but h_1 = conv1x1(g_1)
      parameters = head(relu(conv1x1(relu(sum_l conv1x1(g_l)))))

    Of a class with the one-hot code y, V^T y is added to a and b in every gate.

    The windows of v cover both sides of the rows above, so h sees all earlier pixels
    once there are enough layers; the first layer of v leaves out the current row. Only
    h sees the current pixel and needs masks for the order of its channels.

    Args:
      config: hyper-parameters.
      event_shape: (height, width, channels) of any size.
      num_levels: number of levels of discrete data, or None for a continuous density.
      takes_x_smoothed: whether the density is conditional on x~.
      num_classes: number of classes; None for a density that takes no labels.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name` and `dtype` of `keras.Model`.

    Raises:
      ValueError: the network does not fit the image.

    Reference: van den Oord et al., "Conditional Image Generation with PixelCNN
    Decoders", NeurIPS 2016.
    """

    def __init__(
        self,
        config: GatedPixelCNNConfig,
        event_shape: tuple[int, int, int],
        num_levels: int | None = None,
        takes_x_smoothed: bool = False,
        num_classes: int | None = None,
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        super().__init__(
            config, event_shape, num_levels, takes_x_smoothed, num_classes, **kwargs
        )
        filters = config.num_filters
        self._build_first(event_shape[-1], 2 * filters)
        ordered, both_gates = self.degrees(filters), self._both_gates(filters)
        above = self.unordered(2 * filters)
        later, radius = range(1, config.num_layers), config.kernel_size // 2
        up, left = (radius + 1, config.kernel_size), (1, radius + 1)
        up_mask = np.ones((*up, filters, 2 * filters), bool)
        self.vertical += [self.convolution(up_mask, "up") for _ in later]
        self.horizontal += [
            self.masked_conv(left, "up_left", ordered, both_gates) for _ in later
        ]
        layers = range(config.num_layers)
        self.down = [self.pointwise(above, both_gates) for _ in layers]
        self.skip = [self.pointwise(ordered, ordered) for _ in layers]
        # Nothing reads h after the last layer.
        self.residual = [self.pointwise(ordered, ordered) for _ in later]
        self.build_output_layers([filters] * 2)
        # Of both gates of both stacks.
        self.class_terms = [
            make_class_bias(num_classes, 4 * filters, dtype=self.dtype_policy)
            for _ in layers
        ]
        if takes_x_smoothed:
            self.build_context_encoder(first_index=config.num_layers)
            of_smoothed, both_stacks = map(self.unordered, (filters, 4 * filters))
            self.inject = [self.pointwise(of_smoothed, both_stacks) for _ in layers]
        self.built = True
        self.initialize(seed)

    def _build_first(self, num_channels: int, num_outputs: int) -> None:
        """Makes the layers that read the image; neither sees the current sub-pixel."""
        radius = _FIRST_KERNEL_SIZE // 2
        mask = np.ones((radius, _FIRST_KERNEL_SIZE, num_channels, num_outputs), bool)
        image = {"reads_image": True}
        self.vertical = [self.convolution(mask, "up", shift="down", **image)]
        self.horizontal = [
            self.masked_conv(
                (1, radius + 1),
                "up_left",
                self.degrees(num_channels),
                self._both_gates(num_outputs // 2),
                **image,
            )
        ]

    def _both_gates(self, filters: int) -> np.ndarray:
        """Returns the degrees of the inputs of tanh, then of those of sigmoid."""
        return np.tile(self.degrees(filters), 2)

    def above(self, x, features, view):
        """Computes the vertical stack's term for each layer of the horizontal one."""
        x_smoothed = None if features is None else view.crop(features)
        v, terms = x, []
        for index, (vertical, down) in enumerate(
            zip(self.vertical, self.down, strict=True)
        ):
            v = vertical(v, view=view)
            term = down(v, view=view)
            if x_smoothed is not None:
                for_both = self.inject[index](x_smoothed, view=view)
                for_v, for_h = tf.split(for_both, 2, axis=-1)
                v, term = v + for_v, term + for_h
            class_bias = self.class_terms[index]
            if class_bias is not None:
                for_both = over_pixels(view.class_term(class_bias))
                for_v, for_h = tf.split(for_both, 2, axis=-1)
                v, term = v + for_v, term + for_h
            terms.append(term)
            v = _gate(v)
        return terms

    def params(self, x, above, view):
        h, total = x, 0.0
        for index, (horizontal, skip, term) in enumerate(
            zip(self.horizontal, self.skip, above, strict=True)
        ):
            gated = _gate(horizontal(h, view=view) + view.crop(term))
            gated = view.dropout(gated, index)
            total += skip(gated, view=view)
            if index < len(self.residual):
                step = self.residual[index](gated, view=view)
                h = h + step if index else step
        return self.outputs(total, view)


def _gate(x: tf.Tensor) -> tf.Tensor:
    """Multiplies tanh of the first half of the channels by sigmoid of the second."""
    value, gate = tf.split(x, 2, axis=-1)
    return tanh(value) * sigmoid(gate)
