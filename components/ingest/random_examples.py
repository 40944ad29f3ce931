"""A random subset of a split, drawn while its shards are read."""

import heapq
from collections.abc import Mapping

import numpy as np

# Seed of the keys; it is not a setting.
_SEED = 20210329
_MOST = 64
_FEWEST = 4
# Values of all the examples of a subset, where that allows `_FEWEST`.
_VALUES = 1 << 20


class RandomExamples:
    """The examples with the smallest of independent random keys.

    The key of an example depends on nothing but its index in the split. Every subset of
    the sound examples is therefore equally likely, in whatever order they are stored
    and on however many workers they are read.

    Args:
      event_shape: shape of an example.
      dtype: dtype of an example.
      first: index in the split of the first example that may be offered.
      num_examples: number of the examples that may be offered.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        dtype: str,
        first: int = 0,
        num_examples: int = 0,
    ):
        size = int(np.prod(event_shape, dtype=int))
        self._shape, self._dtype, self._first = event_shape, dtype, first
        self._size = max(_FEWEST, min(_MOST, _VALUES // max(1, size)))
        # NumPy keeps the raw output of a bit generator the same in all versions.
        generator = np.random.PCG64(_SEED).advance(first)
        self._keys = generator.random_raw(num_examples)
        # Key negated, so that the first element has the largest key; index; example.
        self._heap: list[tuple[int, int, np.ndarray]] = []

    def offer(self, position: int, x: np.ndarray) -> None:
        """Keeps an example if its key is among the smallest.

        Args:
          position: its index in the split less `first`.
          x: the example.
        """
        order = (-int(self._keys[position]), self._first + position)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, (*order, x.copy()))
        elif order > self._heap[0][:2]:
            heapq.heapreplace(self._heap, (*order, x.copy()))

    def merge(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Offers the examples of `to_arrays` of other parts of the split."""
        for key, index, x in zip(
            arrays["sample_keys"], arrays["sample_indices"], arrays["samples"]
        ):
            heapq.heappush(self._heap, (-int(key), int(index), x))
            if len(self._heap) > self._size:
                heapq.heappop(self._heap)

    def examples(self) -> np.ndarray:
        """Returns the examples in the order of their keys, [n, ...event_shape]."""
        return self.to_arrays()["samples"]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Converts the subset to arrays, for a file."""
        ordered = sorted(self._heap, key=lambda entry: (-entry[0], entry[1]))
        samples = np.empty((len(ordered), *self._shape), self._dtype)
        for number, (_, _, x) in enumerate(ordered):
            samples[number] = x
        return {
            "sample_keys": np.array([-key for key, _, _ in ordered], np.uint64),
            "sample_indices": np.array([index for _, index, _ in ordered], np.int64),
            "samples": samples,
        }
