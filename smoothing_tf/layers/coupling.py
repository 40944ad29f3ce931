"""Affine couplings, the invertible steps of RealNVP."""

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.layers.masked_dense import MaskedDense


class AffineCoupling(keras.layers.Layer):
    """(a, b) -> (a, (b - shift) exp(-log_scale)).

    Both shift and log_scale are functions of a and of a context, if there is one.
    log_scale = limit * tanh(raw / limit) is bounded, so that no step can blow up.
    RealNVP starts the last layer at zero, which makes the step the identity.

    Args:
      num_fixed: dimensions of a, which stays the same.
      num_moved: dimensions of b.
      num_context: dimensions of the context, or 0 without one.
      hidden_units: widths of the hidden layers.
      log_scale_limit: upper limit of |log_scale|.
      activation: name of the nonlinearity after each hidden layer.
      **kwargs: `name` and `dtype` of the layer.

    Reference: Dinh et al., "Density Estimation Using Real NVP", ICLR 2017.
    """

    def __init__(
        self,
        num_fixed: int,
        num_moved: int,
        num_context: int,
        hidden_units: tuple[int, ...],
        log_scale_limit: float,
        activation: str = "relu",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self._limit = log_scale_limit
        self._activation = keras.activations.get(activation)
        policy = self.dtype_policy
        sizes = (num_fixed + num_context, *hidden_units, 2 * num_moved)
        # With equal degrees every unit sees every input.
        self.dense = [
            MaskedDense(
                np.zeros(n_in, int), np.zeros(n_out, int), bias_gain=0.5, dtype=policy
            )
            for n_in, n_out in zip(sizes, sizes[1:], strict=False)
        ]
        self.built = True

    def reset_output(self) -> None:
        """Makes the step the identity, whatever its hidden layers compute."""
        for weight in (self.dense[-1].kernel, self.dense[-1].bias):
            weight.assign(tf.zeros_like(weight.value))

    def call(
        self, fixed: tf.Tensor, context: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """a [batch, num_fixed] -> (shift, log_scale), each [batch, num_moved]."""
        hidden = fixed if context is None else tf.concat([fixed, context], axis=-1)
        for layer in self.dense[:-1]:
            hidden = self._activation(layer(hidden))
        shift, raw = tf.split(self.dense[-1](hidden), 2, axis=-1)
        return shift, self._limit * tf.tanh(raw / self._limit)
