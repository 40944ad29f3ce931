"""The view of whole images."""

import tensorflow as tf

from smoothing_tf.layers.activations import concat_elu
from smoothing_tf.layers.class_bias import over_pixels
from smoothing_tf.layers.dropout import dropout
from smoothing_tf.layers.view import ConvTransposeLayer


class FullView:
    """Evaluates layers on whole images, as training and likelihoods need it.

    Args:
      dropout_seed: int32 [2]; None turns dropout off.
      dropout_rate: share of units that are dropped.
      is_spatial: whether dropout drops whole channels of an image.
      classes: one-hot classes of the images [b, K], or None.
    """

    def __init__(
        self,
        dropout_seed: tf.Tensor | None = None,
        dropout_rate: float = 0.0,
        is_spatial: bool = False,
        classes: tf.Tensor | None = None,
    ):
        self._dropout_seed = dropout_seed
        self._dropout_rate = dropout_rate
        self._is_spatial = is_spatial
        self._classes = classes

    def conv(self, layer, x):
        kernel, bias = layer.weight.kernel_and_bias()
        # Explicit padding inside tf.nn.conv2d is many times slower on a CPU.
        y = tf.nn.conv2d(tf.pad(x, layer.paddings), kernel, layer.stride, "VALID")
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
        term = tf.tensordot(concat_elu(x), rows, 1)
        return term if index else term + bias

    def class_term(self, layer):
        if self._classes is None:
            raise ValueError("A class-conditional network needs the classes of images.")
        return layer(self._classes)

    def dropout(self, x, index):
        if self._dropout_seed is None or not self._dropout_rate:
            return x
        noise_shape = None
        if self._is_spatial:
            noise_shape = tf.stack([tf.shape(x)[0], 1, 1, x.shape[-1]])
        seed = tf.random.experimental.stateless_fold_in(self._dropout_seed, index)
        return dropout(x, self._dropout_rate, seed, noise_shape)

    def at_next_level(self, down, up, x, function):
        y, extra = function(down(x, view=self), self)
        return up(y, view=self), extra

    def crop(self, whole):
        return whole

    def _finish(self, layer, y, bias):
        """Turns the outputs of a kernel into those of its layer."""
        return y + bias


def shift_features(x: tf.Tensor, shift: str | None) -> tf.Tensor:
    """Moves features by one row "down" or one column "right".

    Zeros come in at the top or at the left; the last row or column drops out.
    """
    if shift == "down":
        return tf.pad(x[:, :-1], [[0, 0], [1, 0], [0, 0], [0, 0]])
    if shift == "right":
        return tf.pad(x[:, :, :-1], [[0, 0], [0, 0], [1, 0], [0, 0]])
    return x


def convolve_transposed(
    layer: ConvTransposeLayer, x: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Applies a transposed convolution of stride 2, cropped to twice the size."""
    batch, height, width, filters = tf.unstack(tf.shape(x))
    surplus = layer.num_columns - 2
    shape = tf.stack([batch, 2 * height, 2 * width + surplus, filters])
    y = tf.nn.conv2d_transpose(x, kernel, shape, 2, "VALID")[:, :, surplus:]
    double = [size and 2 * size for size in x.shape[1:3]]
    return tf.ensure_shape(y, [None, *double, kernel.shape[2]])
