"""Affine couplings, the invertible steps of RealNVP."""

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.layers.class_bias import make_class_bias
from smoothing_tf.layers.masked_dense import MaskedDense


class AffineCoupling(keras.layers.Layer):
    """(a, b) -> (a, (b - shift) exp(-log_scale)).

    Both shift and log_scale are functions of a, and of a context and a class, if there
    are any.
    log_scale = limit * tanh(raw / limit) is bounded, so that no step can blow up.
    RealNVP starts the last layer at zero, which makes the step the identity.

    Args:
      num_fixed: dimensions of a, which stays the same.
      num_moved: dimensions of b.
      num_context: dimensions of the context, or 0 without one.
      hidden_units: widths of the hidden layers.
      log_scale_limit: upper limit of |log_scale|.
      activation: name of the nonlinearity after each hidden layer.
      num_classes: number of classes, each of which has biases in every layer; None
        for no classes.
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
        num_classes: int | None = None,
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
        self.class_biases = [
            make_class_bias(num_classes, size, dtype=policy) for size in sizes[1:]
        ]
        self.built = True

    def reset_output(self) -> None:
        """Makes the step the identity, whatever its hidden layers compute."""
        weights = [self.dense[-1].kernel, self.dense[-1].bias]
        if self.class_biases[-1] is not None:
            weights.append(self.class_biases[-1].table)
        for weight in weights:
            weight.assign(tf.zeros_like(weight.value))

    def call(
        self,
        fixed: tf.Tensor,
        context: tf.Tensor | None = None,
        classes: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes the step.

        Args:
          fixed: a, [batch, num_fixed].
          context: context [batch, num_context], or None.
          classes: one-hot classes [batch, num_classes], or None.

        Returns:
          (shift, log_scale), each [batch, num_moved].
        """
        hidden = fixed if context is None else tf.concat([fixed, context], axis=-1)
        for index, layer in enumerate(self.dense):
            if index:
                hidden = self._activation(hidden)
            hidden = layer(hidden)
            class_bias = self.class_biases[index]
            if class_bias is not None:
                hidden += class_bias(classes)
        shift, raw = tf.split(hidden, 2, axis=-1)
        return shift, self._limit * tf.tanh(raw / self._limit)
