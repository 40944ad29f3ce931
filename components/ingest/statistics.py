"""Statistics of a split, merged from those of its shards."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.ingest.column_histograms import ColumnHistograms
from smoothing_tf.data.record_format import RecordFormat

# Values that are copied to float64 at once: 32 MiB.
_VALUES_AT_ONCE = 1 << 22
# Attributes that are None for some data.
_OPTIONAL = ("levels", "squares", "smallest", "largest", "class_counts")


class Statistics:
    """Moments, extremes, histograms and class counts of the examples of a split.

    The memory does not depend on the number of examples. Counts do not depend on how
    the examples are grouped, nor do moments but for rounding, so that merging the same
    shards in the same order gives the same bits on any number of workers.

    Args:
      record_format: format of the examples.

    Attributes:
      count: number of examples.
      mean: float64 [D], mean of each of the D values of an example, in C order.
      deviations: float64 [D], sums of squared deviations from it.
      low: float64 [D], minima.
      high: float64 [D], maxima.
      levels: int64 [channels, levels], number of values of every level; None for
        continuous data.
      columns: histograms of the D values; None for data with levels.
      squares: float64 [2, channels, levels]: sums over examples of the squared share
        of every level among the values of a channel, and of the squared share of values
        up to that level. They give the sampling errors of shares, because the values of
        an image are not independent. None for continuous data.
      smallest: float64 [2, channels, levels]: the smallest of the shares in `squares`;
        None for continuous data.
      largest: likewise the largest.
      class_counts: int64 [classes], or None without labels.

    Reference: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm
    for Computing Sample Variances", 1979.
    """

    def __init__(self, record_format: RecordFormat):
        size = int(np.prod(record_format.event_shape, dtype=int))
        self._num_channels = record_format.event_shape[-1]
        self._num_levels = record_format.num_levels
        self.count = 0
        self.mean = np.zeros(size)
        self.deviations = np.zeros(size)
        self.low = np.full(size, np.inf)
        self.high = np.full(size, -np.inf)
        self.levels: np.ndarray | None = None
        self.squares: np.ndarray | None = None
        self.smallest: np.ndarray | None = None
        self.largest: np.ndarray | None = None
        self.columns: ColumnHistograms | None = None
        if self._num_levels is None:
            self.columns = ColumnHistograms(size)
        else:
            shape = (self._num_channels, self._num_levels)
            self.levels = np.zeros(shape, np.int64)
            self.squares = np.zeros((2, *shape))
            self.smallest = np.full((2, *shape), np.inf)
            self.largest = np.full((2, *shape), -np.inf)
        self.class_counts: np.ndarray | None = None
        if record_format.num_classes is not None:
            self.class_counts = np.zeros(record_format.num_classes, np.int64)

    def add(self, batch: np.ndarray, labels: Sequence[int]) -> None:
        """Adds examples.

        Args:
          batch: [n, ...event], as `RecordFormat.decode` returns them.
          labels: their n labels; negative ones, for examples without, do not count.
        """
        size = max(1, _VALUES_AT_ONCE // max(1, batch[0].size))
        for start in range(0, len(batch), size):
            self._add(batch[start : start + size])
        if self.class_counts is not None:
            known = np.asarray(labels, np.int64)
            known = known[known >= 0]
            self.class_counts += np.bincount(known, minlength=len(self.class_counts))

    def _add(self, batch: np.ndarray) -> None:
        flat = batch.reshape(len(batch), -1)
        x = flat.astype(np.float64)
        mean = x.mean(axis=0)
        deviations = ((x - mean) ** 2).sum(axis=0)
        self._merge_moments(len(x), mean, deviations, x.min(axis=0), x.max(axis=0))
        if self.columns is not None:
            self.columns.add(flat)
        else:
            self._add_levels(flat)

    def _add_levels(self, flat: np.ndarray) -> None:
        assert self.levels is not None
        assert self.squares is not None
        assert self.smallest is not None and self.largest is not None
        num_channels, num_levels = self.levels.shape
        for start in range(0, len(flat), _examples_at_once(self.levels.size)):
            part = flat[start : start + _examples_at_once(self.levels.size)]
            # Values of one example and channel share a row of levels.
            rows = np.arange(len(part))[:, np.newaxis] * num_channels + np.arange(
                num_channels
            )
            values = part.reshape(len(part), -1, num_channels)
            indices = rows[:, np.newaxis] * num_levels + values
            counts = np.bincount(
                indices.ravel(), minlength=len(part) * num_channels * num_levels
            ).reshape(len(part), num_channels, num_levels)
            self.levels += counts.sum(axis=0)
            shares = counts / values.shape[1]
            for kind, kind_shares in enumerate((shares, np.cumsum(shares, axis=-1))):
                self.squares[kind] += (kind_shares**2).sum(axis=0)
                for extremes, choose in (
                    (self.smallest, np.minimum),
                    (self.largest, np.maximum),
                ):
                    found = choose.reduce(kind_shares, axis=0)
                    extremes[kind] = choose(extremes[kind], found)

    def merge(self, other: "Statistics") -> None:
        """Adds the examples of other statistics of the same format."""
        if not other.count:
            return
        self._merge_moments(
            other.count, other.mean, other.deviations, other.low, other.high
        )
        for name in ("levels", "squares", "class_counts"):
            if getattr(self, name) is not None:
                getattr(self, name)[...] += getattr(other, name)
        for name, choose in (("smallest", np.minimum), ("largest", np.maximum)):
            if getattr(self, name) is not None:
                setattr(self, name, choose(getattr(self, name), getattr(other, name)))
        if self.columns is not None and other.columns is not None:
            self.columns.merge(other.columns)

    def _merge_moments(self, count, mean, deviations, low, high) -> None:
        total = self.count + count
        delta = mean - self.mean
        self.mean = self.mean + delta * (count / total)
        self.deviations = (
            self.deviations + deviations + delta**2 * (self.count * count / total)
        )
        self.low = np.minimum(self.low, low)
        self.high = np.maximum(self.high, high)
        self.count = total

    @property
    def std(self) -> np.ndarray:
        """float64 [D], standard deviations with ddof = 0."""
        return np.sqrt(self.deviations / max(self.count, 1))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Converts the statistics to arrays, for a file."""
        arrays = {
            "count": np.array(self.count),
            "mean": self.mean,
            "deviations": self.deviations,
            "low": self.low,
            "high": self.high,
        }
        for name in _OPTIONAL:
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name)
        if self.columns is not None:
            arrays |= self.columns.to_arrays()
        return arrays

    @classmethod
    def from_arrays(
        cls, record_format: RecordFormat, arrays: Mapping[str, np.ndarray]
    ) -> "Statistics":
        """Inverts `to_arrays`."""
        statistics = cls(record_format)
        statistics.count = int(arrays["count"])
        for name in ("mean", "deviations", "low", "high"):
            setattr(statistics, name, arrays[name])
        for name in _OPTIONAL:
            if getattr(statistics, name) is not None:
                setattr(statistics, name, arrays[name])
        if statistics.columns is not None:
            statistics.columns = ColumnHistograms.from_arrays(arrays)
        return statistics

    def to_json(self) -> dict[str, Any]:
        """Summarizes the statistics for statistics.json.

        Returns:
          Over all values of all examples `mean`, `std` (ddof = 0), `min` and `max`, and
          `count` (of examples). For levels `histogram` (number of values of every
          level) and `histogram_per_channel`; for vectors the lists `mean_per_dim`,
          `std_per_dim`, `min_per_dim`, `max_per_dim` and `histogram_per_dim`, see
          `ColumnHistograms.to_json`. With labels `class_counts`.
        """
        if not self.count:
            return {"count": 0}
        variance = self.deviations / self.count
        values: dict[str, Any] = {
            "count": self.count,
            "mean": float(np.mean(self.mean)),
            # Total variance: within the dimensions and between their means.
            "std": float(np.sqrt(np.mean(variance) + np.var(self.mean))),
            "min": float(np.min(self.low)),
            "max": float(np.max(self.high)),
        }
        if self.levels is not None:
            values["histogram"] = self.levels.sum(axis=0).tolist()
            values["histogram_per_channel"] = self.levels.tolist()
        if self.columns is not None:
            values["mean_per_dim"] = self.mean.tolist()
            values["std_per_dim"] = self.std.tolist()
            values["min_per_dim"] = self.low.tolist()
            values["max_per_dim"] = self.high.tolist()
            values["histogram_per_dim"] = self.columns.to_json()
        if self.class_counts is not None:
            values["class_counts"] = self.class_counts.tolist()
        return values


def _examples_at_once(num_bins: int) -> int:
    return max(1, min(256, _VALUES_AT_ONCE // num_bins))
