"""Arrays that are computed a batch at a time, and kept while they grow."""

import time
from collections.abc import Callable, Mapping

import numpy as np

# Seconds of work that a killed process loses at most, apart from its current batch.
SAVE_SECONDS = 60.0


class PartialArrays:
    """Arrays of equal length, of which the first `num_done` examples are computed.

    Args:
      arrays: name -> what was computed before, [num_done, ...]; empty to begin.
      is_complete: whether nothing is missing.
      save: function that stores (arrays, is_complete); called about once a minute
        and at the end.
      advance: function that is told the number of new examples, e.g. of a progress
        bar.
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray],
        is_complete: bool,
        save: Callable[[dict[str, np.ndarray], bool], None],
        advance: Callable[[int], object],
    ):
        self._batches = [dict(arrays)] if arrays else []
        self._save, self._advance = save, advance
        self._saved_at = time.monotonic()
        self.is_complete = is_complete
        self.num_done = len(next(iter(arrays.values()))) if arrays else 0

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Name -> [num_done, ...]; empty if nothing was computed."""
        if len(self._batches) > 1:
            names = self._batches[0]
            joined = {n: np.concatenate([b[n] for b in self._batches]) for n in names}
            self._batches = [joined]
        return dict(self._batches[0]) if self._batches else {}

    def append(self, batch: Mapping[str, np.ndarray]) -> None:
        """Adds the next examples, name -> [b, ...], and stores them now and then."""
        self._batches.append(dict(batch))
        size = len(next(iter(batch.values())))
        self.num_done += size
        self._advance(size)
        if time.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._save(self.arrays, False)
            self._saved_at = time.monotonic()

    def finish(self) -> None:
        """Stores the arrays as complete, unless they are stored already."""
        if not self.is_complete:
            self.is_complete = True
            self._save(self.arrays, True)
