"""Masks that make a convolution causal, down to the channels of a pixel."""

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.layers.causal_conv import paddings
from smoothing_tf.seeds import derive_seed


def raster_mask(
    kernel_size: tuple[int, int],
    reach: str,
    in_degrees: np.ndarray,
    out_degrees: np.ndarray,
    is_strict: bool = False,
) -> np.ndarray:
    """Mask of a convolution over pixels in raster order.

    The convolution sees all channels of the rows above and of the pixels to the left,
    and nothing of the pixels to the right. Of the current pixel, the center of the
    kernel's last row, it sees the channels that the degrees allow.

    Args:
      kernel_size: (rows, columns) of the kernel, whose last row is the current one.
      reach: "raster" or "up_left"; see `causal_conv.paddings`.
      in_degrees: degrees of the input channels, int [in_channels].
      out_degrees: degrees of the output channels, int [filters].
      is_strict: whether an output of degree d sees inputs of degree < d (a mask of
        type A) instead of <= d (type B).

    Returns:
      bool [rows, columns, in_channels, filters].

    Reference: van den Oord et al., "Pixel Recurrent Neural Networks", ICML 2016.
    """
    mask = np.ones((*kernel_size, len(in_degrees), len(out_degrees)), bool)
    center = paddings(kernel_size, reach)[2][0]
    mask[-1, center] = channel_mask(in_degrees, out_degrees, is_strict)
    mask[-1, center + 1 :] = False
    return mask


def channel_mask(
    in_degrees: np.ndarray, out_degrees: np.ndarray, is_strict: bool = False
) -> np.ndarray:
    """Mask among the channels of one pixel, bool [in_channels, filters]."""
    compare = np.less if is_strict else np.less_equal
    return compare(in_degrees[:, None], out_degrees[None, :])


class MaskedKernel(keras.layers.Layer):
    """The weight of a layer: a bias, and a kernel that is zero outside a mask.

    Args:
      mask: bool array of the kernel's shape; the last axis is that of the outputs.
      gain: factor on the initial kernel.
      bias_gain: factor on the initial biases. With few inputs, units differ mainly by
        their biases. The default 0 starts them at zero.
      **kwargs: `name` and `dtype` of the layer.
    """

    def __init__(
        self,
        mask: np.ndarray,
        *,
        gain: float = 1.0,
        bias_gain: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.mask = mask
        self.gain = gain
        self.bias_gain = bias_gain
        self.shape = mask.shape
        self.num_biases = mask.shape[-1]
        self.kernel = self.add_weight(
            name="kernel", shape=self.shape, initializer="zeros", autocast=False
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.num_biases,), initializer="zeros", autocast=False
        )
        self.built = True

    def initialize(self, seed: tf.Tensor) -> None:
        """Draws from He's uniform distribution of the unmasked fan-in, times the gains.

        Args:
          seed: int32 [2].
        """
        fan_in = self.mask.sum(axis=tuple(range(self.mask.ndim - 1)))
        limit = np.sqrt(6.0 / np.maximum(fan_in, 1)).astype(np.float32)
        uniform = tf.random.stateless_uniform(self.shape, seed, -1.0, 1.0)
        self.kernel.assign(uniform * (self.gain * limit))
        uniform = tf.random.stateless_uniform(
            self.bias.shape, derive_seed(seed, "bias"), -1.0, 1.0
        )
        self.bias.assign(uniform * (self.bias_gain * limit))

    def kernel_and_bias(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes the masked kernel and the bias, in the compute dtype."""
        kernel = tf.convert_to_tensor(self.kernel)
        # A graph writes bytes to its constants at once, but booleans one by one.
        mask = tf.cast(self.mask.view(np.uint8), tf.bool)
        kernel = tf.where(mask, kernel, tf.zeros_like(kernel))
        dtype = self.compute_dtype
        return tf.cast(kernel, dtype), tf.cast(tf.convert_to_tensor(self.bias), dtype)
