"""Functions of training whose gradients take less time than those of TensorFlow.

They are not for functions that are exported: a SavedModel would hold their gradients.
They can be differentiated in reverse mode only.

TensorFlow keeps each gradient of `tf.custom_gradient`, with the graph in which it was
made, until the process ends. Inside a `tf.function` that is one small graph per shape;
otherwise it would be the graph of each training step.
"""

import tensorflow as tf

from smoothing_tf.layers import activations

# Kernels of fewer inputs times outputs are too small for the matrix products below.
_MIN_CHANNELS_SQUARED = 160 * 160


def concat_elu(x: tf.Tensor) -> tf.Tensor:
    """ELU of [x, -x], like `activations.concat_elu`.

    In bfloat16 on a CPU, XLA computes the value and the gradient in one pass over
    memory each; TensorFlow needs about six.
    """
    if _is_bfloat16_on_cpu(x):
        return _fused_concat_elu(x)
    return activations.concat_elu(x)


@tf.function(autograph=False)
@tf.custom_gradient
def _fused_concat_elu(x):
    return _value_of_concat_elu(x), lambda dy: _gradient_of_concat_elu(x, dy)


@tf.function(jit_compile=True, autograph=False)
def _value_of_concat_elu(x):
    wide = tf.cast(x, tf.float32)
    below = tf.exp(-tf.abs(wide)) - 1.0  # Where an ELU's argument is negative.
    both = [tf.where(wide > 0.0, wide, below), tf.where(wide < 0.0, -wide, below)]
    return tf.cast(tf.concat(both, axis=-1), x.dtype)


@tf.function(jit_compile=True, autograph=False)
def _gradient_of_concat_elu(x, dy):
    wide = tf.cast(x, tf.float32)
    slope = tf.exp(-tf.abs(wide))
    of_positive, of_negative = tf.split(tf.cast(dy, tf.float32), 2, axis=-1)
    dx = tf.where(wide < 0.0, slope, 1.0) * of_positive
    dx -= tf.where(wide > 0.0, slope, 1.0) * of_negative
    return tf.cast(dx, x.dtype)


def convolve(x: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """Convolution without padding, [b, h, w, c] -> [b, h', w', filters].

    On a CPU, the gradient of a kernel in bfloat16 takes twice as long as the
    convolution itself. With many channels it is faster as one matrix product per
    position of the kernel; in float32 it is not.
    """
    is_large = kernel.shape[2] * kernel.shape[3] >= _MIN_CHANNELS_SQUARED
    if stride == 1 and is_large and _is_bfloat16_on_cpu(x):
        return _convolve(x, kernel)
    return tf.nn.conv2d(x, kernel, stride, "VALID")


@tf.function(autograph=False)
@tf.custom_gradient
def _convolve(x, kernel):
    def gradient(dy):
        rows, columns, in_channels, filters = kernel.shape
        # Flat positions of the padded image. Those without an output have a gradient
        # of 0, so a position of the kernel is an offset.
        beyond = [[0, 0], [0, rows - 1], [0, columns - 1], [0, 0]]
        outputs = tf.reshape(tf.pad(dy, beyond), [-1, filters])
        inputs = tf.reshape(x, [-1, in_channels])
        num_positions, width = tf.shape(inputs)[0], tf.shape(x)[2]

        def of_position(row, column):
            offset = row * width + column
            shifted = inputs[offset:], outputs[: num_positions - offset]
            return tf.matmul(*shifted, transpose_a=True)

        dx = tf.nn.conv2d_transpose(dy, kernel, tf.shape(x), 1, "VALID")
        products = [of_position(r, c) for r in range(rows) for c in range(columns)]
        return dx, tf.reshape(tf.stack(products), kernel.shape)

    return tf.nn.conv2d(x, kernel, 1, "VALID"), gradient


def _is_bfloat16_on_cpu(x):
    return x.dtype == tf.bfloat16 and not _sees_gpu()


def _sees_gpu():
    return bool(tf.config.list_logical_devices("GPU"))
