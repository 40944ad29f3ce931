"""The position of a walk over images."""

from typing import NamedTuple

import tensorflow as tf


class Place(NamedTuple):
    """The position of a walk over images.

    Attributes:
      row: integer tensor.
      column: integer tensor.
      part: index among the groups of channels that are drawn one after another.
    """

    row: tf.Tensor
    column: tf.Tensor
    part: int = 0

    def of(self, whole: tf.Tensor) -> tf.Tensor:
        """[b, h, w, n] or [b, h, w, parts, n] -> [b, n], the values at this place."""
        begin = [0, self.row, self.column, self.part, 0]
        size = [-1, 1, 1, 1, whole.shape[-1]]
        if whole.shape.rank == 4:
            del begin[3], size[3]
        part = tf.slice(whole, tf.stack(begin), tf.stack(size))
        return tf.reshape(part, [-1, whole.shape[-1]])
