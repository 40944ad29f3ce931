"""What a view of a pixel knows about levels that do not run at every block."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf


class FarLevels(NamedTuple):
    """The levels above 1, which do not run at every block of two rows and columns.

    Whether one runs is decided while the graph runs. If the graph had a copy of the
    network for each place in a block of the coarsest level, building it would take
    several times as long.

    Attributes:
      is_upper_row: level -> whether it runs in this row, boolean tensor.
      is_due: level -> whether it runs at this block, boolean tensor.
      cut: level -> columns of its rows in the block, as of `JoinedRows.cut`.
      remembering: level -> the layers whose features are remembered.
    """

    is_upper_row: Mapping[int, tf.Tensor]
    is_due: Mapping[int, tf.Tensor]
    cut: Callable[[int], Mapping[Any, Sequence[tf.Tensor]]]
    remembering: Mapping[int, Iterable[Any]]

    @staticmethod
    def level_of(key: Any) -> int:
        """Returns the level of a layer, or of a level itself."""
        return key if isinstance(key, int) else key.level


NO_FAR_LEVELS = FarLevels({}, {}, lambda level: {}, {})
