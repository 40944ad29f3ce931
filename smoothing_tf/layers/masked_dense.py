"""Dense layers that keep an ordering of the inputs."""

import keras
import numpy as np
import tensorflow as tf


class MaskedDense(keras.layers.Layer):
    """A dense layer whose unit j sees input i only where degrees allow it.

    A hidden unit of degree m may see the inputs of degree <= m; an output of
    degree d, in a strict layer, the units of degree < d.

    Args:
      in_degrees: int array [n_in].
      out_degrees: int array [n_out].
      is_strict: "<" instead of "<=".
      **kwargs: `name`, `dtype` of a layer.

    Reference: Germain et al., "MADE", ICML 2015.
    """

    def __init__(
        self,
        in_degrees: np.ndarray,
        out_degrees: np.ndarray,
        is_strict: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        compare = np.less if is_strict else np.less_equal
        self.mask = compare(in_degrees[:, None], out_degrees[None, :])
        self.kernel = self.add_weight(
            name="kernel", shape=self.mask.shape, initializer="zeros"
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.mask.shape[1],), initializer="zeros"
        )
        self.built = True

    def initialize(self, seed: tf.Tensor) -> None:
        """Draws the kernel from He's uniform distribution, by unmasked fan-in.

        The bias becomes 0.

        Args:
          seed: int32 [2].
        """
        fan_in = np.maximum(self.mask.sum(axis=0), 1)
        limit = np.sqrt(6.0 / fan_in).astype(np.float32)
        uniform = tf.random.stateless_uniform(self.mask.shape, seed, -1.0, 1.0)
        self.kernel.assign(uniform * limit)
        self.bias.assign(tf.zeros_like(self.bias.value))

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """[batch, n_in] -> [batch, n_out]."""
        kernel = tf.convert_to_tensor(self.kernel)
        kernel = tf.where(self.mask, kernel, tf.zeros_like(kernel))
        return tf.matmul(x, kernel) + tf.convert_to_tensor(self.bias)
