"""Small causal layers with random weights, by default in float64."""

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    MaskedKernel,
    raster_mask,
)

BATCH_SIZE, CHANNELS = 3, 2


def make_conv(
    kernel_size: tuple[int, int],
    reach: str,
    *,
    in_channels: int = CHANNELS,
    filters: int = 6,
    dtype: str = "float64",
    **kwargs,
) -> CausalConv:
    """Makes a convolution whose window ends at the current pixel."""
    mask = np.ones((*kernel_size, in_channels, filters), bool)
    if reach == "raster":
        mask = raster_mask(kernel_size, reach, np.zeros(in_channels), np.zeros(filters))
    weight = MaskedKernel(mask, bias_gain=1.0, dtype=dtype)
    weight.initialize(tf.constant([1, kernel_size[1]]))
    return CausalConv(weight, reach, dtype=dtype, **kwargs)


def make_conv_transpose(filters: int, reach: str) -> CausalConvTranspose:
    """Makes a transposed convolution back to the resolution of the image."""
    layer = CausalConvTranspose(filters, reach, dtype="float64")
    layer.weight.initialize(tf.constant([3, 4]))
    layer.weight.bias.assign(tf.linspace(0.1, 1.0, filters))
    return layer


def make_images(height: int, width: int) -> tf.Tensor:
    """Draws random images [BATCH_SIZE, height, width, CHANNELS]."""
    shape = [BATCH_SIZE, height, width, CHANNELS]
    return tf.random.stateless_normal(shape, [3, 4], dtype=tf.float64)


def rows_above(layer: CausalConv, x: tf.Tensor) -> dict[CausalConv, tf.Tensor]:
    """Returns the rows that a layer remembers before the last row of x is drawn."""
    number = layer.num_rows_above
    padded = tf.pad(x[:, :-1], [[0, 0], [number, 0], [0, 0], [0, 0]])
    return {layer: padded[:, -number:]} if number else {}
