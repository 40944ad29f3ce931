"""Ancestral sampling with one full pass of the network per position."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

# Tensors [b, ...] that a walk carries for its caller, in any nesting.
State = Any


class Position(NamedTuple):
    """The position of a walk: its index in raster order, an integer tensor."""

    index: tf.Tensor

    def of(self, whole: tf.Tensor) -> tf.Tensor:
        """[b, ...positions, n] -> [b, n], the values at this position."""
        flat = tf.reshape(whole, [tf.shape(whole)[0], -1, whole.shape[-1]])
        return flat[:, self.index]


def ancestral_walk(
    network: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    event_shape: tuple[int, ...],
    num_channels: int,
    batch_size: int | tf.Tensor,
    visit: Callable[[tf.Tensor, Position, State], tuple[tf.Tensor, State]],
    state: State,
    dtype: tf.DType = tf.float32,
    resample: Callable[[tf.Tensor, State], tuple[tf.Tensor, State]] | None = None,
) -> tuple[tf.Tensor, State, tf.Tensor]:
    """Visits every position once, in raster order.

    Args:
      network: (x [b, ...event_shape], origin int [b], the index of each example's
        condition) -> parameters of all positions [b, ..., num_params].
      event_shape: shape of one x.
      num_channels: number of channels drawn together at one position: 1, or the
        length of the last axis.
      batch_size: scalar integer b.
      visit: (parameters [b, num_params] in `dtype`, position, state) -> (value of
        the channels there [b, num_channels], state).
      state: initial state of the caller.
      dtype: dtype of x.
      resample: (row, state) -> (ancestors int [b], state), called after every index
        of the first axis to continue example i as a copy of example ancestors[i];
        None for no resampling.

    Returns:
      (x [b, ...event_shape], state, origin int [b]).
    """
    num_positions = math.prod(event_shape) // num_channels
    num_in_row = num_positions // event_shape[0]
    full_shape = [batch_size, *event_shape]

    def visit_position(index, x, state, origin):
        params = network(
            tf.ensure_shape(tf.reshape(x, full_shape), (None, *event_shape)), origin
        )
        params = tf.reshape(params, [batch_size, num_positions, params.shape[-1]])
        value, state = visit(tf.cast(params[:, index], dtype), Position(index), state)
        is_here = tf.equal(tf.range(num_positions), index)[:, None]
        new = tf.where(is_here, value[:, None, :], x)
        return index + 1, tf.ensure_shape(new, x.shape), state, origin

    def visit_row(row, x, state, origin):
        end = (row + 1) * num_in_row
        _, x, state, origin = tf.while_loop(
            lambda index, *_: index < end,
            visit_position,
            (row * num_in_row, x, state, origin),
        )
        if resample is not None:
            ancestors, state = resample(row, state)
            x, origin = tf.gather(x, ancestors), tf.gather(origin, ancestors)
        return row + 1, x, state, origin

    x = tf.zeros([batch_size, num_positions, num_channels], dtype)
    _, x, state, origin = tf.while_loop(
        lambda row, *_: row < event_shape[0],
        visit_row,
        (0, x, state, tf.range(batch_size)),
    )
    return tf.reshape(x, full_shape), state, origin
