"""The rows whose pixels a horizontal stream adds to its own."""

from collections.abc import Iterable
from typing import Any

import tensorflow as tf


class JoinedRows:
    """Rows [b, 1, w, c] of several layers and levels, joined along their channels.

    A new pixel adds its column of dozens of rows. Joined, they take a few operations
    instead of dozens, in the graph and for each block of pixels.

    Args:
      rows: the rows; a row that occurs twice is joined once.
    """

    def __init__(self, rows: Iterable[tf.Tensor]):
        # The width of a row tells its level.
        self._by_width: dict[int, dict[Any, tf.Tensor]] = {}
        for row in rows:
            self._by_width.setdefault(row.shape[2], {})[row.ref()] = row
        self._joined = {
            width: tf.squeeze(tf.concat([*of_width.values()], axis=-1), axis=1)
            for width, of_width in self._by_width.items()
        }

    def cut(self, block: tf.Tensor, num_blocks: int) -> dict[Any, list[tf.Tensor]]:
        """Cuts out a block of columns.

        Args:
          block: index of the block, integer tensor.
          num_blocks: number of blocks of each row.

        Returns:
          Reference to a row -> its columns in the block, [b, c] each.
        """
        columns: dict[Any, list[tf.Tensor]] = {}
        for width, rows in self._by_width.items():
            joined, num_columns = self._joined[width], width // num_blocks
            # XLA needs static sizes.
            size = [joined.shape[0] or -1, num_columns, joined.shape[2]]
            part = tf.slice(joined, [0, block * num_columns, 0], size)
            channels = [row.shape[3] for row in rows.values()]
            by_column = [
                tf.split(column, channels, axis=-1)
                for column in tf.unstack(part, num_columns, axis=1)
            ]
            columns |= zip(rows, map(list, zip(*by_column, strict=True)), strict=True)
        return columns
