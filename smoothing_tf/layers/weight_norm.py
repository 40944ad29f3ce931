"""Weight normalization."""

import keras
import tensorflow as tf

# Of outputs: below it they are taken for constant.
_MIN_VARIANCE = 1e-8


class WeightNormKernel(keras.layers.Layer):
    """A kernel w = g v / ||v|| with its bias, for layers that compute with it.

    The norm runs over all axes but the last, so g scales one slice of the last
    axis: the outputs of a convolution, the inputs of a transposed one.

    Args:
      shape: shape of the kernel.
      num_biases: length of the bias.
      is_transposed: whether the last axis is that of the inputs.
      output_scale: standard deviation of the outputs after `fit_outputs`.
      **kwargs: `name`, `dtype` of a layer.

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
        # The norm is taken in the variables' dtype, whatever the compute dtype.
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
        """Sets scale and bias so that the outputs of a batch are standardized.

        Args:
          outputs: [..., num_biases] of the kernel as it is, without its bias.

        Returns:
          (factor, bias): factor * outputs + bias has mean 0 and standard deviation
          `output_scale` in each channel, and is what the kernel gives from now on.
          A transposed kernel has a scale per input: its outputs share one factor.
          A channel that does not vary, e.g. of a single position, keeps its scale.

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

    def folded(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The kernel and the bias, in the compute dtype."""
        v = tf.convert_to_tensor(self.v)
        axes = list(range(len(self.shape) - 1))
        norm = tf.sqrt(tf.reduce_sum(tf.square(v), axis=axes))
        kernel = v * (tf.convert_to_tensor(self.g) / norm)
        dtype = self.compute_dtype
        return tf.cast(kernel, dtype), tf.cast(tf.convert_to_tensor(self.bias), dtype)
