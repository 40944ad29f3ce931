"""Convolutions that see the rows above, or those and the pixels to the left."""

import keras
import tensorflow as tf

from smoothing_tf.layers.weight_norm import WeightNormKernel


def paddings(kernel_size: tuple[int, int], reach: str) -> list[list[int]]:
    """Zero padding [[0, 0], rows, columns, [0, 0]] that gives a window its reach.

    Args:
      kernel_size: (rows, columns) of the kernel.
      reach: "up": the current row, those above, and both sides of them;
        "up_left": rows and columns up to the current one; "all": centred.

    Raises:
      ValueError: an unknown reach.
    """
    rows, columns = kernel_size
    centred = [(columns - 1) // 2, columns // 2]
    match reach:
        case "up":
            pad_rows, pad_columns = [rows - 1, 0], centred
        case "up_left":
            pad_rows, pad_columns = [rows - 1, 0], [columns - 1, 0]
        case "all":
            pad_rows, pad_columns = [(rows - 1) // 2, rows // 2], centred
        case _:
            raise ValueError(f"`reach` must be one of all, up, up_left; got {reach!r}.")
    return [[0, 0], pad_rows, pad_columns, [0, 0]]


def shift_down(x: tf.Tensor) -> tf.Tensor:
    """Puts a row of zeros in front of [b, h, w, c] and drops the last row."""
    return tf.pad(x[:, :-1], [[0, 0], [1, 0], [0, 0], [0, 0]])


def shift_right(x: tf.Tensor) -> tf.Tensor:
    """Puts a column of zeros in front of [b, h, w, c] and drops the last column."""
    return tf.pad(x[:, :, :-1], [[0, 0], [0, 0], [1, 0], [0, 0]])


class ShiftedConv(keras.layers.Layer):
    """Weight-normalized convolution whose window ends at the current pixel.

    Args:
      in_channels: channels of the input.
      filters: channels of the output.
      kernel_size: (rows, columns).
      reach: "up" (down-shifted), "up_left" (down-right-shifted) or "all"
        (unmasked), see `paddings`.
      stride: 1, or 2 to halve the resolution.
      **kwargs: `name`, `dtype` of a layer.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(
        self,
        in_channels: int,
        filters: int,
        kernel_size: tuple[int, int],
        reach: str,
        stride: int = 1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.paddings = paddings(kernel_size, reach)
        self.stride = stride
        self.weight = WeightNormKernel(
            (*kernel_size, in_channels, filters), filters, dtype=self.dtype_policy
        )
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """[b, h, w, in_channels] -> [b, h / stride, w / stride, filters]."""
        kernel, bias = self.weight.folded()
        # Explicit padding inside tf.nn.conv2d is many times slower on a CPU.
        x = tf.pad(x, self.paddings)
        return tf.nn.conv2d(x, kernel, self.stride, "VALID") + bias


class ShiftedConvTranspose(keras.layers.Layer):
    """Weight-normalized transposed convolution of stride 2, the way back up.

    The 2x3 kernel of the vertical stream gives one column too many, of which
    the leftmost is dropped; the 2x2 kernel fits.

    Args:
      filters: channels of the input and of the output.
      kernel_size: (2, 3) or (2, 2).
      **kwargs: `name`, `dtype` of a layer.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(self, filters: int, kernel_size: tuple[int, int], **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.weight = WeightNormKernel(
            (*kernel_size, filters, filters), filters, dtype=self.dtype_policy
        )
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """[b, h, w, filters] -> [b, 2 h, 2 w, filters]."""
        kernel, bias = self.weight.folded()
        batch, height, width, filters = tf.unstack(tf.shape(x))
        surplus = self.kernel_size[1] - 2
        shape = tf.stack([batch, 2 * height, 2 * width + surplus, filters])
        y = tf.nn.conv2d_transpose(x, kernel, shape, 2, "VALID")
        return y[:, :, surplus:] + bias


class PointwiseConv(keras.layers.Layer):
    """Weight-normalized 1x1 convolution ("network in network").

    Args:
      in_channels: channels of the input.
      filters: channels of the output.
      **kwargs: `name`, `dtype` of a layer.
    """

    def __init__(self, in_channels: int, filters: int, **kwargs):
        super().__init__(**kwargs)
        self.weight = WeightNormKernel(
            (in_channels, filters), filters, dtype=self.dtype_policy
        )
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """[..., in_channels] -> [..., filters]."""
        kernel, bias = self.weight.folded()
        return tf.tensordot(x, kernel, 1) + bias
