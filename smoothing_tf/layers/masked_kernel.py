"""Masks that keep a convolution causal, down to the channels of a pixel."""

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
    """What a convolution may see of pixels in raster order.

    Of the rows above and the pixels to the left all channels, of the current pixel
    (the centre of the kernel's last row) those whose degree allows it, of the pixels
    to its right nothing.

    Args:
      kernel_size: (rows, columns) of the kernel, whose last row is the current one.
      reach: "raster" or "up_left", see `causal_conv.paddings`.
      in_degrees: int [in_channels].
      out_degrees: int [filters].
      is_strict: whether an output of degree d sees inputs of degree < d (a mask of
        type A) instead of <= d (type B).

    Returns:
      bool [rows, columns, in_channels, filters].

    Reference: van den Oord et al., "Pixel Recurrent Neural Networks", ICML 2016.
    """
    mask = np.ones((*kernel_size, len(in_degrees), len(out_degrees)), bool)
    centre = paddings(kernel_size, reach)[2][0]
    mask[-1, centre] = channel_mask(in_degrees, out_degrees, is_strict)
    mask[-1, centre + 1 :] = False
    return mask


def channel_mask(
    in_degrees: np.ndarray, out_degrees: np.ndarray, is_strict: bool = False
) -> np.ndarray:
    """The same of the current pixel alone: bool [in_channels, filters]."""
    compare = np.less if is_strict else np.less_equal
    return compare(in_degrees[:, None], out_degrees[None, :])


class MaskedKernel(keras.layers.Layer):
    """A kernel that is zero outside a mask, with its bias, for layers to compute with.

    Args:
      mask: bool array of the kernel's shape; the last axis is that of the outputs.
      gain: factor of the initial weights.
      bias_gain: the same of the biases, which start at 0 by default. Where inputs
        are few, biases are what sets units apart.
      **kwargs: `name`, `dtype` of a layer.
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
        """Draws from He's uniform distribution, by unmasked fan-in, times the gains.

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

    def folded(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The kernel and the bias, in the compute dtype."""
        kernel = tf.convert_to_tensor(self.kernel)
        kernel = tf.where(self.mask, kernel, tf.zeros_like(kernel))
        dtype = self.compute_dtype
        return tf.cast(kernel, dtype), tf.cast(tf.convert_to_tensor(self.bias), dtype)
