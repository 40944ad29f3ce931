"""Unmasked features of a known image at several resolutions."""

import functools

import keras
import tensorflow as tf

from smoothing_tf.layers.gated_resnet import GatedResnet
from smoothing_tf.layers.shifted_conv import ShiftedConv


class ContextEncoder(keras.layers.Layer):
    """Reads all of x~, for a reverse model that may see the whole of it.

    At every resolution one unmasked gated resnet block; between resolutions a
    convolution of stride 2.

    Args:
      in_channels: channels of the input.
      filters: channels of the features.
      num_resolutions: how many resolutions, each half the one before.
      dropout: rate inside the blocks.
      first_index: index of the first block, for its dropout stream.
      **kwargs: `name`, `dtype` of a layer.
    """

    def __init__(
        self,
        in_channels: int,
        filters: int,
        num_resolutions: int,
        dropout: float,
        first_index: int,
        **kwargs,
    ):
        super().__init__(**kwargs)
        conv = functools.partial(
            ShiftedConv, kernel_size=(3, 3), reach="all", dtype=self.dtype_policy
        )
        self.convs = [conv(in_channels, filters)] + [
            conv(filters, filters, stride=2) for _ in range(num_resolutions - 1)
        ]
        self.blocks = [
            GatedResnet(
                conv,
                filters,
                dropout=dropout,
                index=first_index + offset,
                dtype=self.dtype_policy,
            )
            for offset in range(num_resolutions)
        ]
        self.built = True

    def call(
        self, x: tf.Tensor, dropout_seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """[b, h, w, in_channels] -> [b, h / 2^l, w / 2^l, filters], l = 0, 1, ..."""
        features = []
        for conv, block in zip(self.convs, self.blocks, strict=True):
            x = block(conv(x), dropout_seed=dropout_seed)
            features.append(x)
        return features
