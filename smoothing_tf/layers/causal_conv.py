"""Convolutions that see the rows above, or also the pixels to the left."""

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.layers.class_bias import ClassBias
from smoothing_tf.layers.split_weights import SplitWeights
from smoothing_tf.layers.view import View, Weight
from smoothing_tf.layers.weight_norm import WeightNormKernel


def paddings(kernel_size: tuple[int, int], reach: str) -> list[list[int]]:
    """Zero padding [[0, 0], rows, columns, [0, 0]] that gives a window its reach.

    Args:
      kernel_size: (rows, columns) of the kernel.
      reach: "up", the current row and those above, to both sides; "up_left", rows
        and columns up to the current ones; "raster", the same window as "up" for a
        kernel that masks the pixels to the right in the current row; "all", a
        centered window.

    Raises:
      ValueError: the reach is unknown.
    """
    rows, columns = kernel_size
    centered = [(columns - 1) // 2, columns // 2]
    match reach:
        case "up" | "raster":
            pad_rows, pad_columns = [rows - 1, 0], centered
        case "up_left":
            pad_rows, pad_columns = [rows - 1, 0], [columns - 1, 0]
        case "all":
            pad_rows, pad_columns = [(rows - 1) // 2, rows // 2], centered
        case _:
            raise ValueError(
                f"`reach` must be one of all, raster, up, up_left; got {reach!r}."
            )
    return [[0, 0], pad_rows, pad_columns, [0, 0]]


class CausalConv(keras.layers.Layer):
    """A convolution whose window ends at the current row or pixel.

    The view computes it, for whole images, for one row, or for one pixel; see
    `smoothing_tf.layers.view`.

    Args:
      weight: kernel [rows, columns, in_channels, filters] and bias.
      reach: "up", "up_left", "raster" or "all"; see `paddings`.
      stride: 1, or 2 to halve the resolution.
      shift: "down" or "right" to move the output by one row or column, so that a
        pixel does not see itself; None for no shift.
      level: level of the input: 0 for the resolution of the image, 1 for half of it.
      reads_image: whether the input is the image itself instead of features.
      class_bias: biases of the classes, in addition to the weight's; None for a
        network without classes. Such a layer has no shift.
      **kwargs: `name` and `dtype` of the layer.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(
        self,
        weight: Weight,
        reach: str,
        *,
        stride: int = 1,
        shift: str | None = None,
        level: int = 0,
        reads_image: bool = False,
        class_bias: ClassBias | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.weight = weight
        self.reach = reach
        rows, columns, self.in_channels = weight.shape[:3]
        self.kernel_size = rows, columns
        self.paddings = paddings(self.kernel_size, reach)
        self.stride = stride
        self.shift = shift
        self.level = level
        self.reads_image = reads_image
        self.class_bias = class_bias
        self.built = True

    @property
    def num_rows_above(self) -> int:
        """Rows above the current one that the window covers."""
        return self.kernel_size[0] - (self.shift != "down")

    @property
    def num_columns_left(self) -> int:
        """Columns left of the current one that the last row of the window covers."""
        return self.paddings[2][0] + (self.shift == "right")

    def split_weights(self) -> SplitWeights:
        """Splits the kernel at the current row and column.

        Raises:
          ValueError: a kernel of one row is shifted to the right; a pixel view would
            add its bias at the left border, where the output is zero.
        """
        if self.shift == "right" and self.kernel_size[0] == 1:
            raise ValueError(
                "The sampler cannot shift a kernel of one row to the right; got"
                f" `kernel_size` {self.kernel_size}. Use at least two rows."
            )
        kernel, bias = self.weight.kernel_and_bias()
        if self.reach == "up":
            return SplitWeights(kernel, bias)
        left = self.num_columns_left
        *above, last = tf.unstack(kernel)
        columns = tf.unstack(last)
        return SplitWeights(
            kernel,
            bias,
            above=tf.stack(above) if above else None,
            here=None if self.shift == "right" else columns[left],
            # This pixel is the last one to the left of its nearest neighbor.
            to_right=tf.concat(columns[:left][::-1], axis=-1) if left else None,
        )

    def call(self, x: tf.Tensor, view: View) -> tf.Tensor:
        """[b, h, w, in_channels] -> [b, h / stride, w / stride, filters]."""
        return view.conv(self, x)


class CausalConvTranspose(keras.layers.Layer):
    """Weight-normalized transposed convolution of stride 2, back to a finer level.

    In the vertical stream the kernel is 2x3 and yields one column too many; the
    leftmost one is dropped. In the horizontal stream the kernel is 2x2 and fits.

    Args:
      filters: channels of the input and of the output.
      reach: "up" for the vertical stream, "up_left" for the horizontal one.
      level: level of the output.
      **kwargs: `name` and `dtype` of the layer.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(self, filters: int, reach: str, level: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.reach = reach
        self.num_columns = 3 if reach == "up" else 2
        self.level = level
        self.weight = WeightNormKernel(
            (2, self.num_columns, filters, filters),
            filters,
            is_transposed=True,
            dtype=self.dtype_policy,
        )
        self.built = True

    def split_weights(self) -> SplitWeights:
        """Returns the weights; the horizontal stream computes four outputs at once."""
        kernel, bias = self.weight.kernel_and_bias()
        if self.reach == "up":
            return SplitWeights(kernel, bias)
        here = tf.reshape(tf.transpose(kernel, [3, 0, 1, 2]), [kernel.shape[3], -1])
        return SplitWeights(kernel, tf.tile(bias, [4]), here=here)

    def call(self, x: tf.Tensor, view: View) -> tf.Tensor:
        """[b, h, w, filters] -> [b, 2 h, 2 w, filters]."""
        return view.conv_transpose(self, x)


class PointwiseConv(keras.layers.Layer):
    """1x1 convolution ("network in network").

    Args:
      weight: kernel [in_channels, filters] and bias.
      **kwargs: `name` and `dtype` of the layer.
    """

    def __init__(self, weight: Weight, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight
        self.built = True

    def split_weights(self) -> SplitWeights:
        """Returns the kernel and the bias; there is nothing to split."""
        return SplitWeights(*self.weight.kernel_and_bias())

    def call(self, x: tf.Tensor, view: View) -> tf.Tensor:
        """[..., in_channels] -> [..., filters]."""
        return view.pointwise(self, x)


class SkipConv(keras.layers.Layer):
    """1x1 convolution of the concatenated ELU of several inputs, term by term.

    For inputs x_1, ..., x_n it computes nin(concat_elu([x_1, ..., x_n])) as a sum of
    one term per input, since the inputs become known at different times.

    Args:
      num_inputs: number of inputs n.
      in_channels: channels of each input.
      filters: channels of the output.
      **kwargs: `name` and `dtype` of the layer.
    """

    def __init__(self, num_inputs: int, in_channels: int, filters: int, **kwargs):
        super().__init__(**kwargs)
        self.num_inputs = num_inputs
        self.in_channels = in_channels
        self.weight = WeightNormKernel(
            (2 * num_inputs * in_channels, filters), filters, dtype=self.dtype_policy
        )
        self.built = True

    def rows_of(self, index: int) -> np.ndarray:
        """Returns the rows of the kernel that apply to one input's concatenated ELU."""
        rows = np.arange(2 * self.num_inputs * self.in_channels)
        return rows.reshape(2, self.num_inputs, self.in_channels)[:, index].ravel()

    def split_weights(self) -> SplitWeights:
        """Splits the kernel into one kernel per input."""
        kernel, bias = self.weight.kernel_and_bias()
        inputs = range(self.num_inputs)
        return SplitWeights([tf.gather(kernel, self.rows_of(n)) for n in inputs], bias)

    def call(self, x: tf.Tensor, index: int, view: View) -> tf.Tensor:
        """Term of input number `index`, [..., in_channels] -> [..., filters].

        The term of the first input includes the bias.
        """
        return view.skip(self, x, index)
