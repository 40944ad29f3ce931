"""The residual block of PixelCNN++."""

from collections.abc import Callable

import keras
import tensorflow as tf

from smoothing_tf.layers.activations import sigmoid
from smoothing_tf.layers.causal_conv import SkipConv
from smoothing_tf.layers.class_bias import make_class_bias
from smoothing_tf.layers.view import View


class GatedResnet(keras.layers.Layer):
    """x + A sigmoid(B), where (A, B) come from two convolutions.

    Args:
      make_conv: (in_channels, filters, output_scale=..., class_bias=...) ->
        convolution; it determines what the block may see.
      filters: number of channels F of the input and of the output.
      num_skips: number of skip connections into the block, of F channels each.
      index: index of the block's dropout within the model.
      num_classes: number of classes, each of which has a bias in front of the gate;
        None for a network without classes.
      **kwargs: `name` and `dtype` of the layer.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(
        self,
        make_conv: Callable[..., keras.layers.Layer],
        filters: int,
        *,
        num_skips: int = 0,
        index: int = 0,
        num_classes: int | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.index = index
        self.conv_input = make_conv(2 * filters, filters)
        class_bias = make_class_bias(num_classes, 2 * filters, dtype=self.dtype_policy)
        # Blocks start close to the identity.
        self.conv_out = make_conv(
            2 * filters, 2 * filters, output_scale=0.1, class_bias=class_bias
        )
        self.skip = None
        if num_skips:
            self.skip = SkipConv(num_skips, filters, filters, dtype=self.dtype_policy)
        self.built = True

    def call(
        self, x: tf.Tensor, view: View, skips: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Computes the block, [b, h, w, F] -> [b, h, w, F].

        Args:
          x: input of the block.
          view: view that evaluates the layers.
          skips: sum of the terms of the layer `skip`, one term per skip connection, or
            None in a block without any.
        """
        hidden = self.conv_input(view.concat_elu(x), view=view)
        if skips is not None:
            hidden += skips
        hidden = view.dropout(view.concat_elu(hidden), self.index)
        value, gate = tf.split(self.conv_out(hidden, view=view), 2, axis=-1)
        return x + value * sigmoid(gate)
