"""MADE: a masked autoencoder for density estimation."""

import math

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.layers import MaskedDense, dropout, make_class_bias
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.heads import make_head
from smoothing_tf.models.made_config import MADEConfig
from smoothing_tf.seeds import derive_seed


class MADE(AutoregressiveModel):
    """p(x) = prod_d p(x_d | x_<d) from one masked network over a flat vector.

    An image is flattened, so that every sub-pixel is a position. x~ and a class
    enter every layer without a mask.

    Args:
      config: hyper-parameters.
      event_shape: shape of one x, of any rank.
      num_levels: number of levels of discrete data, or None for a continuous density.
      takes_x_smoothed: whether the density is conditional on x~.
      num_classes: number of classes; None for a density that takes no labels.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name` and `dtype` of `keras.Model`.

    Reference: Germain et al., "MADE: Masked Autoencoder for Distribution
    Estimation", ICML 2015.
    """

    def __init__(
        self,
        config: MADEConfig,
        event_shape: tuple[int, ...],
        num_levels: int | None = None,
        takes_x_smoothed: bool = False,
        num_classes: int | None = None,
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        head = make_head(config.head, 1, config.num_mixtures, num_levels)
        super().__init__(event_shape, 1, head, takes_x_smoothed, num_classes, **kwargs)
        self.config = config
        self._activation = keras.activations.get(config.activation)
        num_dims = math.prod(event_shape)
        policy = self.dtype_policy
        degrees = inputs = np.arange(1, num_dims + 1)
        # Units of degree 0 see only x~, and nothing without it.
        lowest = 0 if takes_x_smoothed else min(1, num_dims - 1)
        self.hidden, self.smoothed_layers = [], []
        for units in config.hidden_units:
            next_degrees = np.sort(lowest + np.arange(units) % (num_dims - lowest))
            self.hidden.append(MaskedDense(degrees, next_degrees, dtype=policy))
            degrees = next_degrees
        # The layers that compute the parameters do so in full precision.
        full = self.variable_dtype
        output_degrees = np.repeat(inputs, head.num_params)
        self.output_layer = MaskedDense(
            degrees, output_degrees, is_strict=True, dtype=full
        )
        self.skip = MaskedDense(inputs, output_degrees, is_strict=True, dtype=full)
        widths = (*config.hidden_units, num_dims * head.num_params)
        policies = [*[policy] * len(config.hidden_units), full]
        if takes_x_smoothed:
            self.smoothed_layers = [
                MaskedDense(np.zeros(num_dims, int), np.zeros(n, int), dtype=dtype)
                for n, dtype in zip(widths, policies, strict=True)
            ]
        self.class_biases = [
            make_class_bias(num_classes, size, dtype=dtype)
            for size, dtype in zip(widths, policies, strict=True)
        ]
        self.built = True
        self.initialize(seed)

    def initialize(self, seed: int | tf.Tensor) -> None:
        """Draws the hidden layers; the mixtures start evenly spread.

        With x~, the mixtures are spread around it.
        """
        super().initialize(seed)
        num_dims = math.prod(self.event_shape)
        for layer in (self.output_layer, self.skip, *self.smoothed_layers[-1:]):
            layer.kernel.assign(0.1 * layer.kernel)
        limit = self.config.initial_range
        distance = 2.0 * limit / self.config.num_mixtures
        jitter = 0.5 * self.config.initial_jitter * distance
        moves = tf.random.stateless_uniform(
            [num_dims, self.head.num_params],
            derive_seed(seed, "initial locations"),
            -jitter,
            jitter,
        )
        bias = self.head.spread_bias(-limit, limit) + self.head.is_location * moves
        self.output_layer.bias.assign(tf.reshape(bias, [-1]))
        if self.takes_x_smoothed:
            self.smoothed_layers[-1].kernel.assign_add(
                np.kron(np.eye(num_dims, dtype=np.float32), self.head.is_location)
            )

    def call(self, x, condition=None, dropout_seed=None):
        num_dims = math.prod(self.event_shape)
        inputs = hidden = tf.reshape(x, [-1, num_dims])
        classes = self.one_hot(condition)
        x_smoothed = None if condition is None else condition.x_smoothed
        if x_smoothed is not None:
            x_smoothed = tf.reshape(x_smoothed, [-1, num_dims])
        for index, layer in enumerate(self.hidden):
            hidden = layer(hidden)
            if x_smoothed is not None:
                hidden += self.smoothed_layers[index](x_smoothed)
            class_bias = self.class_biases[index]
            if class_bias is not None:
                hidden += class_bias(classes)
            hidden = self._activation(hidden)
            if dropout_seed is not None and self.config.dropout:
                seed = tf.random.experimental.stateless_fold_in(dropout_seed, index)
                hidden = dropout(hidden, self.config.dropout, seed)
        params = self.output_layer(hidden) + self.skip(inputs)
        if x_smoothed is not None:
            params += self.smoothed_layers[-1](x_smoothed)
        class_bias = self.class_biases[-1]
        if class_bias is not None:
            params += class_bias(classes)
        return tf.reshape(params, [-1, num_dims, self.head.num_params])
