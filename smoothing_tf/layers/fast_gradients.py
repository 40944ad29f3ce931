"""Functions of training whose gradients take less time than those of TensorFlow.

They are not for functions that are exported: a SavedModel would hold their gradients.
"""

import tensorflow as tf

# Kernels of fewer inputs times outputs are too small for the matrix products below.
_MIN_CHANNELS_SQUARED = 160 * 160


@tf.custom_gradient
def concat_elu(x: tf.Tensor) -> tf.Tensor:
    """ELU of [x, -x], like `activations.concat_elu`.

    In half precision its gradient is computed in float32 from end to end, which saves
    half of the passes over memory.
    """
    wide = tf.cast(x, tf.float32) if x.dtype.size < 4 else x
    y = tf.nn.elu(tf.concat([wide, -wide], axis=-1))

    def gradient(dy):
        dy = tf.raw_ops.EluGrad(gradients=tf.cast(dy, y.dtype), outputs=y)
        of_positive, of_negative = tf.split(dy, 2, axis=-1)
        return tf.cast(of_positive - of_negative, x.dtype)

    return tf.cast(y, x.dtype), gradient


def convolve(x: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """Convolution without padding, [b, h, w, c] -> [b, h', w', filters].

    On a CPU, the gradient of a kernel in bfloat16 takes twice as long as the
    convolution itself. With many channels it is faster as one matrix product per
    position of the kernel; in float32 it is not.
    """
    is_large = kernel.shape[2] * kernel.shape[3] >= _MIN_CHANNELS_SQUARED
    is_on_gpu = bool(tf.config.list_logical_devices("GPU"))
    if x.dtype == tf.bfloat16 and stride == 1 and is_large and not is_on_gpu:
        return _convolve(x, kernel)
    return tf.nn.conv2d(x, kernel, stride, "VALID")


@tf.custom_gradient
def _convolve(x, kernel):
    def gradient(dy):
        rows, columns, in_channels, filters = kernel.shape
        height, width = tf.unstack(tf.shape(dy)[1:3])
        outputs = tf.reshape(dy, [-1, filters])

        def of_position(row, column):
            window = x[:, row : row + height, column : column + width]
            inputs = tf.reshape(window, [-1, in_channels])
            return tf.matmul(inputs, outputs, transpose_a=True)

        dx = tf.nn.conv2d_transpose(dy, kernel, tf.shape(x), 1, "VALID")
        products = [of_position(r, c) for r in range(rows) for c in range(columns)]
        return dx, tf.reshape(tf.stack(products), kernel.shape)

    return tf.nn.conv2d(x, kernel, 1, "VALID"), gradient
