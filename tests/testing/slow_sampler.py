"""The reference sampler, with a full pass of the network for each position."""

from collections.abc import Callable

import tensorflow as tf

from smoothing_tf.models.ancestral import ancestral_walk
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
      noise: noise of the head, [batch, ...positions, num_noise].
      event_shape: shape of one x.
      num_channels: number of channels drawn together; see `ancestral_walk`.

    Returns:
      [batch, ...event_shape], in the dtype of the noise.
    """

    def draw(params, position, state):
        return head.draw(params, position.of(noise)), state

    return ancestral_walk(
        lambda x, _: network(x),
        event_shape,
        num_channels,
        tf.shape(noise)[0],
        draw,
        (),
        noise.dtype,
    )[0]
