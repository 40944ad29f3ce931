"""Dense layers that keep an ordering of the inputs."""

import numpy as np
import tensorflow as tf

from smoothing_tf.layers.masked_kernel import MaskedKernel, channel_mask


class MaskedDense(MaskedKernel):
    """A dense layer whose unit j sees input i only where degrees allow it.

    A hidden unit of degree m may see the inputs of degree <= m; an output of
    degree d, in a strict layer, the units of degree < d.

    Args:
      in_degrees: int array [n_in].
      out_degrees: int array [n_out].
      is_strict: "<" instead of "<=".
      **kwargs: of `MaskedKernel`.

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
        kernel, bias = self.folded()
        return tf.matmul(x, kernel) + bias
