"""Weight normalization."""

import keras
import tensorflow as tf

# Outputs with a smaller variance are treated as constant.
_MIN_VARIANCE = 1e-8


class WeightNormKernel(keras.layers.Layer):
    """The weight of a layer: a bias, and a kernel w = g v / ||v||.

    The norm runs over all axes except the last. Each entry of g thus scales one slice
    of the last axis: an output of a convolution, or an input of a transposed one.

    Args:
      shape: shape of the kernel.
      num_biases: length of the bias.
      is_transposed: whether the last axis is that of the inputs.
      output_scale: standard deviation of the outputs after `fit_outputs`.
      **kwargs: `name` and `dtype` of the layer.

    Reference: Salimans & Kingma, "Weight Normalization", NeurIPS 2016.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        num_biases: int,
        *,
        is_transposed: bool = False,
        output_scale: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.num_biases = num_biases
        self.is_transposed = is_transposed
        self.output_scale = output_scale
        # The norm is computed in the variables' dtype, whatever the compute dtype.
        self.v = self.add_weight(
            name="v",
            shape=self.shape,
            initializer="ones",
            autocast=False,
        )
        self.g = self.add_weight(
            name="g", shape=self.shape[-1:], initializer="ones", autocast=False
        )
        self.bias = self.add_weight(
            name="bias", shape=(num_biases,), initializer="zeros", autocast=False
        )
        self.built = True

    def initialize(self, seed: tf.Tensor) -> None:
        """Draws v from N(0, 0.05^2), as the authors do; `seed` is int32 [2]."""
        self.v.assign(tf.random.stateless_normal(self.shape, seed, stddev=0.05))
        self.g.assign(tf.ones_like(self.g.value))
        self.bias.assign(tf.zeros_like(self.bias.value))

    def fit_outputs(self, outputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Sets the scale and the bias so that the outputs of a batch are standardized.

        Args:
          outputs: [..., num_biases], outputs of the present kernel without its bias.

        Returns:
          (factor, bias) such that factor * outputs + bias has mean 0 and standard
          deviation `output_scale` in each channel, and equals the outputs of the new
          kernel and bias. A transposed kernel has a scale per input, so its outputs
          share one factor. A channel that does not vary, such as one of a single
          position, keeps its scale.

        Reference: Salimans & Kingma, "Weight Normalization", NeurIPS 2016,
        section 3.
        """
        mean, variance = tf.nn.moments(
            tf.cast(outputs, self.variable_dtype), list(range(outputs.shape.rank - 1))
        )
        if self.is_transposed:
            variance = tf.reduce_mean(variance)
        factor = tf.where(
            variance > _MIN_VARIANCE,
            self.output_scale / tf.sqrt(variance + 1e-10),
            tf.ones_like(variance),
        )
        bias = -mean * factor
        self.g.assign(tf.convert_to_tensor(self.g) * factor)
        self.bias.assign(bias)
        return tf.cast(factor, outputs.dtype), tf.cast(bias, outputs.dtype)

    def kernel_and_bias(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes the kernel and the bias, in the compute dtype."""
        v = tf.convert_to_tensor(self.v)
        axes = list(range(len(self.shape) - 1))
        norm = tf.sqrt(tf.reduce_sum(tf.square(v), axis=axes))
        kernel = v * (tf.convert_to_tensor(self.g) / norm)
        dtype = self.compute_dtype
        return tf.cast(kernel, dtype), tf.cast(tf.convert_to_tensor(self.bias), dtype)
