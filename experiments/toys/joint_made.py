"""One MADE over [x~, x] that provides the densities of both stages."""

import math

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.made import MADE, MADEConfig


class JointMADE(keras.Model):
    """p(x~, x) = p(x~) p(x | x~), with x~ first in the order of one masked network.

    `smoothed` and `reverse` are its two halves: density models that share its weights
    and have none of their own.

    Args:
      config: hyper-parameters of the network.
      event_shape: shape of one x, of any rank; continuous data.
      reverse_range: r, about the reach of the noise. The initial locations of x are
        spread evenly over [-r, r] around x~.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name` and `dtype` of `keras.Model`.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021: the smoothing-distribution study.
    """

    def __init__(
        self,
        config: MADEConfig,
        event_shape: tuple[int, ...],
        reverse_range: float = 0.5,
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.event_shape = tuple(event_shape)
        num_dims = math.prod(event_shape)
        self.network = MADE(config, (2 * num_dims,), seed=seed, dtype=self.dtype_policy)
        self._start_around_x_smoothed(reverse_range)
        self.built = True

    def _start_around_x_smoothed(self, reach: float) -> None:
        """Centers the initial mixtures of x on x~, as a conditional MADE does."""
        head, num_dims = self.network.head, math.prod(self.event_shape)
        # Connects x~_d, in the first half of the inputs, to the locations of x_d.
        to_x = np.eye(2 * num_dims, k=num_dims, dtype=np.float32)
        self.network.skip.kernel.assign_add(np.kron(to_x, head.is_location))
        bias = self.network.output_layer.bias
        of_x_smoothed = bias[: num_dims * head.num_params]
        of_x = np.tile(head.spread_bias(-reach, reach), num_dims)
        bias.assign(tf.concat([of_x_smoothed, of_x], axis=0))

    @property
    def smoothed(self) -> DensityModel:
        """p(x~)."""
        return _Half(self.network, self.event_shape, takes_x_smoothed=False)

    @property
    def reverse(self) -> DensityModel:
        """p(x | x~)."""
        return _Half(self.network, self.event_shape, takes_x_smoothed=True)

    def log_prob(
        self,
        x: tf.Tensor,
        x_smoothed: tf.Tensor,
        *,
        dropout_seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Computes log p(x~) + log p(x | x~) of each example, in one pass.

        Args:
          x: clean examples, floating [batch, ...event_shape].
          x_smoothed: noisy examples x~ of the same shape and dtype.
          dropout_seed: seed of dropout; see `DensityModel.log_prob`.

        Returns:
          The joint log density, [batch], nats.
        """
        num_dims = math.prod(self.event_shape)
        both = tf.concat(
            [tf.reshape(part, [-1, num_dims]) for part in (x_smoothed, x)], axis=-1
        )
        return self.network.log_prob(both, dropout_seed=dropout_seed)


class _Half(AutoregressiveModel):
    """The first or the second half of a MADE's conditionals.

    Args:
      network: the MADE over both halves.
      event_shape: shape of one half.
      takes_x_smoothed: whether this is the second half, given the first.
    """

    def __init__(
        self, network: MADE, event_shape: tuple[int, ...], takes_x_smoothed: bool
    ):
        # Keras would derive the name from the class, but a name in a graph must not
        # begin with an underscore.
        super().__init__(
            event_shape,
            1,
            network.head,
            takes_x_smoothed,
            name="half",
            dtype=network.dtype_policy,
        )
        self.network = network
        self.built = True

    def call(self, x, condition=None, dropout_seed=None):
        num_dims = math.prod(self.event_shape)
        half = tf.reshape(x, [-1, num_dims])
        if condition is None or condition.x_smoothed is None:
            # The first half does not depend on the second.
            both = tf.concat([half, tf.zeros_like(half)], axis=-1)
            return self.network(both, dropout_seed=dropout_seed)[:, :num_dims]
        x_smoothed = tf.cast(condition.x_smoothed, half.dtype)
        both = tf.concat([tf.reshape(x_smoothed, [-1, num_dims]), half], axis=-1)
        return self.network(both, dropout_seed=dropout_seed)[:, num_dims:]
