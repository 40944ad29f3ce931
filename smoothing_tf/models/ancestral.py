"""Ancestral sampling by one full pass of the network per position."""

import math
from collections.abc import Callable

import tensorflow as tf

from smoothing_tf.models.heads import Head
from smoothing_tf.seeds import derive_seed


def ancestral_sample(
    network: Callable[[tf.Tensor], tf.Tensor],
    head: Head,
    batch_size: int | tf.Tensor,
    event_shape: tuple[int, ...],
    num_channels: int,
    seed: int | tf.Tensor,
) -> tf.Tensor:
    """Draws every position from its conditional, in raster order.

    Args:
      network: x [batch, ...event_shape] -> parameters of all positions
        [batch, ..., head.num_params].
      head: turns the parameters of one position into a distribution.
      batch_size: scalar integer.
      event_shape: shape of one x.
      num_channels: channels drawn together at one position; the last axis of
        an image, 1 for a vector.
      seed: integer or int32 [2]; each position draws with its own seed.

    Returns:
      float32 [batch_size, ...event_shape].
    """
    num_positions = math.prod(event_shape) // num_channels
    full_shape = tf.concat([[batch_size], event_shape], axis=0)

    def draw_position(position: tf.Tensor, x: tf.Tensor):
        params = network(
            tf.ensure_shape(tf.reshape(x, full_shape), (None, *event_shape))
        )
        params = tf.reshape(params, [batch_size, num_positions, head.num_params])
        params = tf.cast(params[:, position], tf.float32)
        draw = head.distribution(params).sample(
            seed=derive_seed(seed, "position", position)
        )
        is_here = tf.equal(tf.range(num_positions), position)[:, None]
        return position + 1, tf.where(is_here, draw[:, None, :], x)

    _, x = tf.while_loop(
        lambda position, x: position < num_positions,
        draw_position,
        (0, tf.zeros([batch_size, num_positions, num_channels])),
        shape_invariants=(
            tf.TensorShape([]),
            tf.TensorShape([None, num_positions, num_channels]),
        ),
    )
    return tf.reshape(x, full_shape)
