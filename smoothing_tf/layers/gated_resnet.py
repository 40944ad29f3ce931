"""The residual block of PixelCNN++."""

from collections.abc import Callable

import keras
import tensorflow as tf

from smoothing_tf.layers.shifted_conv import PointwiseConv


def concat_elu(x: tf.Tensor) -> tf.Tensor:
    """ELU of [x, -x]; doubles the last axis."""
    return tf.nn.elu(tf.concat([x, -x], axis=-1))


class GatedResnet(keras.layers.Layer):
    """x + A sigmoid(B), where (A, B) come from two convolutions.

    Args:
      make_conv: (in_channels, filters) -> convolution, which decides what the
        block may see.
      filters: channels F of input and output.
      aux_channels: channels of the auxiliary input, 0 for none.
      dropout: rate between the two convolutions.
      index: number of the block in its model; its dropout has its own stream.
      **kwargs: `name`, `dtype` of a layer.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(
        self,
        make_conv: Callable[[int, int], keras.layers.Layer],
        filters: int,
        *,
        aux_channels: int = 0,
        dropout: float = 0.0,
        index: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.index = index
        self.conv_input = make_conv(2 * filters, filters)
        self.conv_out = make_conv(2 * filters, 2 * filters)
        self.nin_skip = None
        if aux_channels:
            self.nin_skip = PointwiseConv(
                2 * aux_channels, filters, dtype=self.dtype_policy
            )
        self.built = True

    def call(
        self,
        x: tf.Tensor,
        aux: tf.Tensor | None = None,
        dropout_seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """[b, h, w, F], with aux [b, h, w, aux_channels] -> [b, h, w, F].

        Dropout is active when `dropout_seed`, int32 [2], is given.
        """
        hidden = self.conv_input(concat_elu(x))
        if self.nin_skip is not None:
            hidden += self.nin_skip(concat_elu(aux))
        hidden = concat_elu(hidden)
        if dropout_seed is not None and self.dropout:
            seed = tf.random.experimental.stateless_fold_in(dropout_seed, self.index)
            hidden = tf.nn.experimental.stateless_dropout(
                hidden, rate=self.dropout, seed=seed
            )
        value, gate = tf.split(self.conv_out(hidden), 2, axis=-1)
        return x + value * tf.sigmoid(gate)
