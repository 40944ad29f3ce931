"""Dense layers that respect an ordering of the inputs."""

import numpy as np
import tensorflow as tf

from smoothing_tf.layers.masked_kernel import MaskedKernel, channel_mask


class MaskedDense(MaskedKernel):
    """A dense layer in which unit j sees input i only if their degrees allow it.

    A hidden unit of degree m sees inputs of degree <= m. In a strict layer, an output
    of degree d sees units of degree < d.

    Args:
      in_degrees: degrees of the inputs, int [n_in].
      out_degrees: degrees of the units, int [n_out].
      is_strict: whether to compare degrees with "<" instead of "<=".
      **kwargs: arguments of `MaskedKernel`.

    Reference: Germain et al., "MADE", ICML 2015.
    """

    def __init__(
        self,
        in_degrees: np.ndarray,
        out_degrees: np.ndarray,
        is_strict: bool = False,
        **kwargs,
    ):
        super().__init__(channel_mask(in_degrees, out_degrees, is_strict), **kwargs)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """[batch, n_in] -> [batch, n_out]."""
        kernel, bias = self.kernel_and_bias()
        return tf.matmul(x, kernel) + bias
