"""The view of whole images."""

import tensorflow as tf

from smoothing_tf.layers.activations import concat_elu
from smoothing_tf.layers.class_bias import over_pixels
from smoothing_tf.layers.view import ConvTransposeLayer


class FullView:
    """Evaluates layers on whole images, as likelihoods need it.

    Args:
      classes: one-hot classes of the images [b, K], or None.
    """

    def __init__(self, classes: tf.Tensor | None = None):
        self._classes = classes

    def conv(self, layer, x):
        kernel, bias = layer.weight.kernel_and_bias()
        # Explicit padding inside tf.nn.conv2d is many times slower on a CPU.
        y = self._convolve(tf.pad(x, layer.paddings), kernel, layer.stride)
        y = self._finish(layer, y, bias)
        if layer.class_bias is not None:
            y += over_pixels(self.class_term(layer.class_bias))
        return shift_features(y, layer.shift)

    def conv_transpose(self, layer, x):
        kernel, bias = layer.weight.kernel_and_bias()
        return self._finish(layer, convolve_transposed(layer, x, kernel), bias)

    def pointwise(self, layer, x):
        kernel, bias = layer.weight.kernel_and_bias()
        return self._finish(layer, tf.tensordot(x, kernel, 1), bias)

    def skip(self, layer, x, index):
        kernel, bias = layer.weight.kernel_and_bias()
        rows = (
            tf.gather(kernel, layer.rows_of(index)) if layer.num_inputs > 1 else kernel
        )
        term = tf.tensordot(self.concat_elu(x), rows, 1)
        return term if index else term + bias

    def class_term(self, layer):
        if self._classes is None:
            raise ValueError("A class-conditional network needs the classes of images.")
        return layer(self._classes)

    def concat_elu(self, x):
        return concat_elu(x)

    def dropout(self, x, index):
        del index
        return x

    def at_next_level(self, down, up, x, function):
        y, extra = function(down(x, view=self), self)
        return up(y, view=self), extra

    def crop(self, whole):
        return whole

    def _convolve(self, x, kernel, stride):
        """Applies a kernel to padded features."""
        return tf.nn.conv2d(x, kernel, stride, "VALID")

    def _finish(self, layer, y, bias):
        """Turns the outputs of a kernel into those of its layer."""
        return y + bias


def shift_features(x: tf.Tensor, shift: str | None) -> tf.Tensor:
    """Moves features by one row "down" or one column "right".

    Zeros come in at the top or at the left; the last row or column drops out.
    """
    if shift is None:
        return x
    axis = {"down": 1, "right": 2}[shift]
    size, pad = [-1] * 4, [[0, 0]] * 4
    length = x.shape[axis]
    if length is None:
        length = tf.shape(x)[axis]
    size[axis], pad[axis] = length - 1, [1, 0]
    # The gradient of x[:, :-1] takes many times as long as that of tf.slice.
    return tf.pad(tf.slice(x, [0] * 4, size), pad)


def convolve_transposed(
    layer: ConvTransposeLayer, x: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Applies a transposed convolution of stride 2, cropped to twice the size."""
    batch, height, width, filters = tf.unstack(tf.shape(x))
    surplus = layer.num_columns - 2
    shape = tf.stack([batch, 2 * height, 2 * width + surplus, filters])
    y = tf.nn.conv2d_transpose(x, kernel, shape, 2, "VALID")
    y = tf.slice(y, [0, 0, surplus, 0], [-1] * 4)
    double = [size and 2 * size for size in x.shape[1:3]]
    return tf.ensure_shape(y, [None, *double, kernel.shape[2]])
