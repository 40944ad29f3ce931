"""Unmasked features of a known image at several levels of resolution."""

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.layers.causal_conv import CausalConv, PointwiseConv
from smoothing_tf.layers.gated_resnet import GatedResnet
from smoothing_tf.layers.masked_kernel import MaskedKernel
from smoothing_tf.layers.view import View
from smoothing_tf.layers.weight_norm import WeightNormKernel


class ContextEncoder(keras.layers.Layer):
    """Reads all of x~ for a reverse model, which may see the whole of it.

    Every level has an unmasked convolution, with stride 2 between levels, and a gated
    resnet block. A block costs four times as much as a block of the next level, so the
    finest levels can go without one.

    The convolutions do not reach across the image. A dense layer therefore adds the
    mean over the image to the coarsest features, so that each of them sees all of x~.

    Args:
      in_channels: channels of the input.
      filters: channels of the features.
      num_resolutions: number of levels, each at half the resolution of the last.
      first_index: dropout index of the first block.
      num_without_block: number of levels, from the finest one, without a block.
      num_classes: number of classes that the blocks take; None for no classes.
      **kwargs: `name` and `dtype` of the layer.
    """

    def __init__(
        self,
        in_channels: int,
        filters: int,
        num_resolutions: int,
        first_index: int,
        num_without_block: int = 0,
        num_classes: int | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.convs = [self._conv(in_channels, filters)] + [
            self._conv(filters, filters, stride=2) for _ in range(num_resolutions - 1)
        ]
        self.blocks = [
            GatedResnet(
                self._conv,
                filters,
                index=first_index + offset,
                num_classes=num_classes,
                dtype=self.dtype_policy,
            )
            for offset in range(num_resolutions - num_without_block)
        ]
        # It starts small, and data-dependent initialization leaves it alone: on a
        # single image the mean has no variance to standardize.
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

    def _conv(self, in_channels, filters, *, output_scale=1.0, **kwargs):
        weight = WeightNormKernel(
            (3, 3, in_channels, filters),
            filters,
            output_scale=output_scale,
            dtype=self.dtype_policy,
        )
        return CausalConv(weight, "all", dtype=self.dtype_policy, **kwargs)
