"""Convolutions that see the rows above, or those and the pixels to the left."""

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.layers.partial_view import Folded
from smoothing_tf.layers.views import View
from smoothing_tf.layers.weight_norm import WeightNormKernel


def paddings(kernel_size: tuple[int, int], reach: str) -> list[list[int]]:
    """Zero padding [[0, 0], rows, columns, [0, 0]] that gives a window its reach.

    Args:
      kernel_size: (rows, columns) of the kernel.
      reach: "up": the current row, those above, and both sides of them;
        "up_left": rows and columns up to the current one; "raster": both sides of
        the rows above, and the current row, where the kernel itself has to leave
        out what lies to the right; "all": centred.

    Raises:
      ValueError: an unknown reach.
    """
    rows, columns = kernel_size
    centred = [(columns - 1) // 2, columns // 2]
    match reach:
        case "up" | "raster":
            pad_rows, pad_columns = [rows - 1, 0], centred
        case "up_left":
            pad_rows, pad_columns = [rows - 1, 0], [columns - 1, 0]
        case "all":
            pad_rows, pad_columns = [(rows - 1) // 2, rows // 2], centred
        case _:
            raise ValueError(
                f"`reach` must be one of all, raster, up, up_left; got {reach!r}."
            )
    return [[0, 0], pad_rows, pad_columns, [0, 0]]


class CausalConv(keras.layers.Layer):
    """A convolution whose window ends at the current row or pixel.

    What it computes is `view.conv`: over whole images, over one row, or over one
    pixel with the rest remembered; see `views`.

    Args:
      weight: the kernel [rows, columns, in_channels, filters] and its bias.
      reach: "up", "up_left", "raster" or "all", see `paddings`.
      stride: 1, or 2 to halve the resolution.
      shift: moves the output by one row "down" or one column "right", so that a
        pixel does not see itself; None leaves it in place.
      level: resolution of the input, 0 for that of the image, 1 for half of it.
      reads_image: whether the input is the image itself and no feature.
      **kwargs: `name`, `dtype` of a layer.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(
        self,
        weight: keras.layers.Layer,
        reach: str,
        *,
        stride: int = 1,
        shift: str | None = None,
        level: int = 0,
        reads_image: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.weight = weight
        self.reach = reach
        self.kernel_size = tuple(weight.shape[:2])
        self.in_channels = weight.shape[2]
        self.paddings = paddings(self.kernel_size, reach)
        self.stride = stride
        self.shift = shift
        self.level = level
        self.reads_image = reads_image
        self.built = True

    @property
    def num_rows_above(self) -> int:
        """Rows above the current one that the window reaches."""
        return self.kernel_size[0] - (self.shift != "down")

    @property
    def num_columns_left(self) -> int:
        """Columns to the left of the current one that the window's last row reaches."""
        return self.paddings[2][0] + (self.shift == "right")

    def folded(self) -> Folded:
        """The kernel as a whole, and taken apart at the current row and column.

        Raises:
          ValueError: a shift to the right of a single row, whose bias a pixel view
            would not leave out at the border.
        """
        if self.shift == "right" and self.kernel_size[0] == 1:
            raise ValueError(
                "A kernel that is shifted to the right must have two rows or more to be"
                f" sampled from; got {self.kernel_size}."
            )
        kernel, bias = self.weight.folded()
        left = self.num_columns_left
        *above, last = tf.unstack(kernel)
        columns = tf.unstack(last)
        return Folded(
            kernel,
            bias,
            above=tf.stack(above) if above else None,
            here=None if self.shift == "right" else columns[left],
            # The nearest pixel to the right sees this one in the last column of its
            # left.
            following=tf.concat(columns[:left][::-1], axis=-1) if left else None,
        )

    def call(self, x: tf.Tensor, view: View) -> tf.Tensor:
        """[b, h, w, in_channels] -> [b, h / stride, w / stride, filters]."""
        return view.conv(self, x)


class CausalConvTranspose(keras.layers.Layer):
    """Weight-normalized transposed convolution of stride 2, the way back up.

    That of the vertical stream has a 2x3 kernel and gives one column too many, of
    which the leftmost is dropped; the 2x2 kernel of the horizontal stream fits.

    Args:
      filters: channels of the input and of the output.
      reach: "up" or "up_left".
      level: resolution of the output.
      **kwargs: `name`, `dtype` of a layer.

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

    def folded(self) -> Folded:
        """The kernel and its bias, of a horizontal stream for all outputs at once."""
        kernel, bias = self.weight.folded()
        if self.reach == "up":
            return Folded(kernel, bias)
        here = tf.reshape(tf.transpose(kernel, [3, 0, 1, 2]), [kernel.shape[3], -1])
        return Folded(kernel, tf.tile(bias, [4]), here=here)

    def call(self, x: tf.Tensor, view: View) -> tf.Tensor:
        """[b, h, w, filters] -> [b, 2 h, 2 w, filters]."""
        return view.conv_transpose(self, x)


class PointwiseConv(keras.layers.Layer):
    """1x1 convolution ("network in network").

    Args:
      weight: the kernel [in_channels, filters] and its bias.
      **kwargs: `name`, `dtype` of a layer.
    """

    def __init__(self, weight: keras.layers.Layer, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight
        self.built = True

    def folded(self) -> Folded:
        """The kernel and its bias."""
        return Folded(*self.weight.folded())

    def call(self, x: tf.Tensor, view: View) -> tf.Tensor:
        """[..., in_channels] -> [..., filters]."""
        return view.pointwise(self, x)


class SkipConv(keras.layers.Layer):
    """1x1 convolution of the concatenated ELU of several inputs, one by one.

    Of inputs x_1, ..., x_n it gives nin(concat_elu([x_1, ..., x_n])) as a sum of
    one term per input, which may be known at different times.

    Args:
      num_inputs: n.
      in_channels: channels of each input.
      filters: channels of the output.
      **kwargs: `name`, `dtype` of a layer.
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
        """Rows of the kernel that meet the concatenated ELU of one input."""
        rows = np.arange(2 * self.num_inputs * self.in_channels)
        return rows.reshape(2, self.num_inputs, self.in_channels)[:, index].ravel()

    def folded(self) -> Folded:
        """One kernel for each input, and the bias."""
        kernel, bias = self.weight.folded()
        inputs = range(self.num_inputs)
        return Folded([tf.gather(kernel, self.rows_of(n)) for n in inputs], bias)

    def call(self, x: tf.Tensor, index: int, view: View) -> tf.Tensor:
        """Term of the input number `index`, [..., in_channels] -> [..., filters].

        The term of the first input holds the bias.
        """
        return view.skip(self, x, index)
