"""Ancestral sampling by one full pass of the network per position."""

import math
from collections.abc import Callable

import tensorflow as tf

from smoothing_tf.models.heads import Head


def ancestral_sample(
    network: Callable[[tf.Tensor], tf.Tensor],
    head: Head,
    noise: tf.Tensor,
    event_shape: tuple[int, ...],
    num_channels: int,
) -> tf.Tensor:
    """Draws every position from its conditional, in raster order.

    Args:
      network: x [batch, ...event_shape] -> parameters of all positions
        [batch, ..., head.num_params].
      head: draws the channels of one position.
      noise: of the head, [batch, ...positions, num_noise].
      event_shape: shape of one x.
      num_channels: channels drawn together at one position; the last axis of
        an image, 1 for a vector.

    Returns:
      [batch, ...event_shape], in the dtype of the noise.
    """
    num_positions = math.prod(event_shape) // num_channels
    batch_size = tf.shape(noise)[0]
    full_shape = tf.concat([[batch_size], event_shape], axis=0)
    noise = tf.reshape(noise, [batch_size, num_positions, noise.shape[-1]])

    def draw_position(position: tf.Tensor, x: tf.Tensor):
        params = network(
            tf.ensure_shape(tf.reshape(x, full_shape), (None, *event_shape))
        )
        params = tf.reshape(params, [batch_size, num_positions, head.num_params])
        params = tf.cast(params[:, position], x.dtype)
        draw = head.draw(params, noise[:, position])
        is_here = tf.equal(tf.range(num_positions), position)[:, None]
        return position + 1, tf.where(is_here, draw[:, None, :], x)

    _, x = tf.while_loop(
        lambda position, x: position < num_positions,
        draw_position,
        (0, tf.zeros([batch_size, num_positions, num_channels], noise.dtype)),
        shape_invariants=(
            tf.TensorShape([]),
            tf.TensorShape([None, num_positions, num_channels]),
        ),
    )
    return tf.reshape(x, full_shape)
