"""Histograms of real numbers whose range is not known in advance."""

from collections.abc import Mapping
from typing import Any

import numpy as np

NUM_BINS = 64
# A width of less than this share of the largest value would exceed float64's digits.
_MAX_RELATIVE_BITS = 40
# Exponent of the smallest width, for columns of zeros only.
_SMALLEST = -160


class ColumnHistograms:
    """One histogram per column, merged from histograms of any parts of the data.

    Bins are half-open intervals [i 2^k, (i + 1) 2^k). Every column has its own k: the
    smallest with which its values occupy at most 64 consecutive bins. Pairs of bins are
    the bins of k + 1, so histograms of different k are merged exactly, and the counts
    depend neither on the order nor on the grouping of the values.

    Args:
      num_columns: number of columns.

    Attributes:
      counts: int64 [columns, 64], number of values in consecutive bins.
      exponents: int64 [columns], the k of each column.
      starts: int64 [columns], the i of each column's first bin.
    """

    def __init__(self, num_columns: int):
        self.counts = np.zeros((num_columns, NUM_BINS), np.int64)
        self.exponents = np.full(num_columns, _SMALLEST, np.int64)
        self.starts = np.zeros(num_columns, np.int64)

    def add(self, x: np.ndarray) -> None:
        """Adds rows of finite values, [n, columns]."""
        if not len(x):
            return
        x = x.astype(np.float64)
        low, high = x.min(axis=0), x.max(axis=0)
        added = ColumnHistograms(x.shape[1])
        added.exponents = _exponents(low, high)
        if self._covers(low, high, added.exponents):
            self.counts += self._count(x)
            return
        added.starts = _bins(low, added.exponents)
        added.counts = added._count(x)
        self.merge(added)

    def _covers(self, low: np.ndarray, high: np.ndarray, exponents: np.ndarray) -> bool:
        """Whether values need no other bins, which is so for most batches."""
        if not self.counts.any() or np.any(exponents > self.exponents):
            return False
        first, last = _bins(low, self.exponents), _bins(high, self.exponents)
        stops = self.starts + NUM_BINS
        return bool(np.all(first >= self.starts) and np.all(last < stops))

    def _count(self, x: np.ndarray) -> np.ndarray:
        """Counts the values in the bins, int64 [columns, 64]."""
        offsets = _bins(x, self.exponents) - self.starts
        offsets += np.arange(x.shape[1]) * NUM_BINS
        counts = np.bincount(offsets.ravel(), minlength=self.counts.size)
        return counts.reshape(self.counts.shape)

    def merge(self, other: "ColumnHistograms") -> None:
        """Adds the values of other histograms of the same columns."""
        if not self.counts.any():
            self.counts = other.counts.copy()
            self.exponents = other.exponents.copy()
            self.starts = other.starts.copy()
            return
        if not other.counts.any():
            return
        for column in range(len(self.counts)):
            self._merge_column(other, column)

    def _merge_column(self, other: "ColumnHistograms", column: int) -> None:
        bins, counts = zip(self._occupied(column), other._occupied(column))
        exponents = int(self.exponents[column]), int(other.exponents[column])
        exponent = max(exponents)
        while True:
            shifted = [b >> (exponent - own) for b, own in zip(bins, exponents)]
            first = min(int(b[0]) for b in shifted)
            if max(int(b[-1]) for b in shifted) - first < NUM_BINS:
                break
            exponent += 1
        self.counts[column] = np.bincount(
            np.concatenate(shifted) - first,
            weights=np.concatenate(counts),
            minlength=NUM_BINS,
        )
        self.exponents[column], self.starts[column] = exponent, first

    def _occupied(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the bins of a column that hold values, and their counts."""
        offsets = np.flatnonzero(self.counts[column])
        return offsets + self.starts[column], self.counts[column][offsets]

    def edges(self, column: int) -> tuple[float, float]:
        """Returns the lower edge of a column's first bin and the width of its bins."""
        width = float(np.ldexp(1.0, self.exponents[column]))
        return float(self.starts[column]) * width, width

    def to_json(self) -> list[dict[str, Any]]:
        """Describes every column by `start`, `width` and the `counts` of its bins."""
        columns = []
        for column, counts in enumerate(self.counts):
            start, width = self.edges(column)
            stop = np.flatnonzero(counts)[-1] + 1
            columns.append(
                {"start": start, "width": width, "counts": counts[:stop].tolist()}
            )
        return columns

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Converts the histograms to arrays, for a file."""
        return {
            "column_counts": self.counts,
            "column_exponents": self.exponents,
            "column_starts": self.starts,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "ColumnHistograms":
        """Inverts `to_arrays`."""
        histograms = cls(0)
        histograms.counts = arrays["column_counts"]
        histograms.exponents = arrays["column_exponents"]
        histograms.starts = arrays["column_starts"]
        return histograms


def aligned_counts(
    histograms: "list[ColumnHistograms]", column: int
) -> tuple[list[np.ndarray], float, float]:
    """Brings the histograms of one column in several data sets to the same bins.

    Args:
      histograms: histograms of the data sets, none of them empty.
      column: number of the column.

    Returns:
      (counts int64 [64] of every data set, lower edge of the first bin, width).
    """
    union = ColumnHistograms(1)
    for part in histograms:
        single = ColumnHistograms(1)
        single.counts = part.counts[column : column + 1]
        single.exponents = part.exponents[column : column + 1]
        single.starts = part.starts[column : column + 1]
        union.merge(single)
    counts = []
    for part in histograms:
        bins, own = part._occupied(column)
        shift = int(union.exponents[0] - part.exponents[column])
        offsets = (bins >> shift) - union.starts[0]
        aligned = np.bincount(offsets, weights=own, minlength=NUM_BINS)
        counts.append(aligned.astype(np.int64))
    return counts, *union.edges(0)


def _exponents(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Finds the smallest k of each column with which [low, high] takes 64 bins."""
    exponents = np.full(low.shape, _SMALLEST, np.int64)
    for size, num_bits in (
        (high - low, NUM_BINS.bit_length()),
        (np.maximum(np.abs(low), np.abs(high)), _MAX_RELATIVE_BITS),
    ):
        needed = np.where(size > 0.0, np.frexp(size)[1] - num_bits, _SMALLEST)
        exponents = np.maximum(exponents, needed)
    while True:
        too_many = _bins(high, exponents) - _bins(low, exponents) >= NUM_BINS
        if not too_many.any():
            return exponents
        exponents += too_many


def _bins(x: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """Returns the bin of every value, int64."""
    return np.floor(np.ldexp(x, -exponents)).astype(np.int64)
