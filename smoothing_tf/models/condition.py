"""The condition of a density: x~, a class, both or neither."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf


class Condition(NamedTuple):
    """The arguments of p(x | x~, y) next to x; either part may be absent.

    It is a tuple, and so it passes through `tf.function`, `tf.data`, Keras and
    distribution strategies. Examples and parts correspond row by row.

    Attributes:
      x_smoothed: x~, floating [batch, ...event_shape], images on [-1, 1]; None for a
        density that does not take x~.
      label: y, the number of the class of each example, integer [batch], from 0 to
        num_classes - 1; None for a density that is not class-conditional.
    """

    x_smoothed: Any = None
    label: Any = None

    @property
    def is_empty(self) -> bool:
        """Whether both parts are absent."""
        return self.x_smoothed is None and self.label is None

    def map(self, function: Callable[[Any], Any]) -> "Condition":
        """Applies a function to the parts that are present."""
        return Condition(*(part if part is None else function(part) for part in self))

    def num_rows(self) -> tf.Tensor:
        """Computes the batch size, a scalar int32; one part must be present."""
        part = self.label if self.x_smoothed is None else self.x_smoothed
        return tf.shape(part)[0]

    def gather(self, rows: tf.Tensor) -> "Condition":
        """Takes the rows [n] of each part."""
        return self.map(lambda part: tf.gather(part, rows))

    def tile(self, number: int | tf.Tensor) -> "Condition":
        """Repeats the whole batch, so that row i follows row i - 1 in every copy."""

        def tile(part):
            part = tf.convert_to_tensor(part)
            copies = tf.repeat(part[None], number, axis=0)
            return tf.reshape(copies, [-1, *part.shape[1:]])

        return self.map(tile)
