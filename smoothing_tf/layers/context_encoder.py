"""Unmasked features of a known image at several resolutions."""

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.layers.causal_conv import CausalConv, PointwiseConv
from smoothing_tf.layers.gated_resnet import GatedResnet
from smoothing_tf.layers.masked_kernel import MaskedKernel
from smoothing_tf.layers.views import View
from smoothing_tf.layers.weight_norm import WeightNormKernel


class ContextEncoder(keras.layers.Layer):
    """Reads all of x~, for a reverse model that may see the whole of it.

    At every resolution an unmasked convolution, of stride 2 from one resolution to the
    next, and a gated resnet block. A block costs four times as much as one at half its
    resolution, so that the first ones can be left out.

    Convolutions reach only so far. To the coarsest features their mean over the image
    is added, through a dense layer, so that every feature there sees all of x~.

    Args:
      in_channels: channels of the input.
      filters: channels of the features.
      num_resolutions: how many resolutions, each half the one before.
      first_index: index of the first block, for its dropout stream.
      num_without_block: resolutions, from the finest one, that have a convolution only.
      **kwargs: `name`, `dtype` of a layer.
    """

    def __init__(
        self,
        in_channels: int,
        filters: int,
        num_resolutions: int,
        first_index: int,
        num_without_block: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.convs = [self._conv(in_channels, filters)] + [
            self._conv(filters, filters, stride=2) for _ in range(num_resolutions - 1)
        ]
        self.blocks = [
            GatedResnet(
                self._conv, filters, index=first_index + offset, dtype=self.dtype_policy
            )
            for offset in range(num_resolutions - num_without_block)
        ]
        # Small at first, and left alone by data-dependent initialization: on a single
        # image a mean has no spread to be standardized.
        everywhere = MaskedKernel(
            np.ones((filters, filters), bool), gain=0.1, dtype=self.dtype_policy
        )
        self.everywhere = PointwiseConv(everywhere, dtype=self.dtype_policy)
        self.built = True

    def call(self, x: tf.Tensor, view: View) -> list[tf.Tensor]:
        """[b, h, w, in_channels] -> [b, h / 2^l, w / 2^l, filters], l = 0, 1, ..."""
        features = []
        num_without_block = len(self.convs) - len(self.blocks)
        for level, conv in enumerate(self.convs):
            x = conv(x, view=view)
            if level >= num_without_block:
                x = self.blocks[level - num_without_block](x, view=view)
            features.append(x)
        mean = tf.reduce_mean(x, axis=(1, 2), keepdims=True)
        features[-1] += self.everywhere(mean, view=view)
        return features

    def _conv(self, in_channels, filters, *, output_scale=1.0, stride=1):
        weight = WeightNormKernel(
            (3, 3, in_channels, filters),
            filters,
            output_scale=output_scale,
            dtype=self.dtype_policy,
        )
        return CausalConv(weight, "all", stride=stride, dtype=self.dtype_policy)
