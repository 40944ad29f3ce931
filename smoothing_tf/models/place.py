"""Where a walk over images is."""

from typing import NamedTuple

import tensorflow as tf


class Place(NamedTuple):
    """Where a walk is: row and column, integers, and which part of the channels."""

    row: tf.Tensor
    column: tf.Tensor
    part: int = 0

    def of(self, whole: tf.Tensor) -> tf.Tensor:
        """[b, h, w, n] or [b, h, w, parts, n] -> [b, n] at this place."""
        begin = [0, self.row, self.column, self.part, 0]
        size = [-1, 1, 1, 1, whole.shape[-1]]
        if whole.shape.rank == 4:
            del begin[3], size[3]
        part = tf.slice(whole, tf.stack(begin), tf.stack(size))
        return tf.reshape(part, [-1, whole.shape[-1]])
