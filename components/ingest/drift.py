"""Compares the distributions of values and classes in two splits."""

import dataclasses
from typing import Any

import numpy as np

from components.ingest.column_histograms import aligned_counts
from components.ingest.statistics import Statistics

# Probability with which any of the comparisons of two splits finds a drift between
# random samples of one distribution.
FALSE_ALARM = 0.001
# Differences below this one are rounding.
_ROUNDING = 1e-9


@dataclasses.dataclass(frozen=True)
class Drift:
    """The difference between the distributions of a quantity in two splits.

    Attributes:
      what: "classes", or "values" of one channel or column.
      number: number of the channel or column; None for classes.
      distance: the L-infinity distance of the shares of all levels, bins or classes,
        the measure of TensorFlow Data Validation.
      noise: distance that random samples of one distribution exceed with a probability
        of at most `FALSE_ALARM`, over all comparisons of the splits.
      where: level, lower edge of the bin, or class with the largest difference.
      cumulative: the same distance of the shares up to a value, that is the statistic
        of Kolmogorov and Smirnov; None for classes, which have no order.
      cumulative_noise: noise of `cumulative`.
    """

    what: str
    number: int | None
    distance: float
    noise: float
    where: float
    cumulative: float | None
    cumulative_noise: float | None

    @property
    def is_found(self) -> bool:
        """Whether sampling alone does not explain the difference."""
        return max(self.ratios) > 1.0

    @property
    def ratios(self) -> tuple[float, float]:
        """The two distances, each divided by its noise; 0 without an order."""
        cumulative = 0.0
        if self.cumulative is not None and self.cumulative_noise is not None:
            cumulative = self.cumulative / self.cumulative_noise
        return self.distance / self.noise, cumulative

    def to_json(self) -> dict[str, Any]:
        """Describes the difference in anomalies.json."""
        return {**dataclasses.asdict(self), "is_found": self.is_found}


def find_drift(first: Statistics, second: Statistics) -> list[Drift]:
    """Compares all channels or columns, and the classes, of two splits.

    The values of an image depend on each other. Sampling errors therefore come from the
    spread of the shares between images, not from the number of values.

    Args:
      first: statistics of one split, at least one example.
      second: statistics of another split of the same data, likewise.

    Returns:
      One element per channel or column, then one for the classes, if there are any.
    """
    tables = _tables(first, second)
    # Both distances of every table are compared, each at many values.
    alarm = FALSE_ALARM / (2 * len(tables)) if tables else FALSE_ALARM
    sizes = np.array([first.count, second.count])
    return [_compare(table, sizes, alarm) for table in tables]


@dataclasses.dataclass(frozen=True)
class _Table:
    """Shares of the examples of two splits among the levels of one quantity.

    Attributes:
      what: see `Drift`.
      number: see `Drift`.
      positions: [levels], the level, lower edge or class.
      means: [2, levels], mean over examples of the share of a level.
      squares: [2, levels], mean over examples of its square.
      cumulative_squares: [2, levels], the same of the share up to a level; None if
        levels have no order.
      ranges: the largest range of the shares of the examples, of a level and up to a
        level.
    """

    what: str
    number: int | None
    positions: np.ndarray
    means: np.ndarray
    squares: np.ndarray
    cumulative_squares: np.ndarray | None
    ranges: tuple[float, float] = (1.0, 1.0)


def _tables(first: Statistics, second: Statistics) -> list[_Table]:
    both = (first, second)
    sizes = np.array([[first.count], [second.count]])
    tables = []
    if first.columns is not None and second.columns is not None:
        for column in range(len(first.columns.counts)):
            binned, start, width = aligned_counts(
                [first.columns, second.columns], column
            )
            means = np.array(binned) / sizes
            # An example has one value: its share of a bin is 0 or 1.
            positions = start + width * np.arange(means.shape[1])
            cumulative = np.cumsum(means, axis=1)
            tables.append(_Table("values", column, positions, means, means, cumulative))
    elif first.levels is not None:
        levels = np.array([s.levels for s in both])
        squares = np.array([s.squares for s in both])
        largest = np.array([s.largest for s in both]).max(axis=0)
        ranges = (largest - np.array([s.smallest for s in both]).min(axis=0)).max(-1)
        for channel in range(levels.shape[1]):
            counts = levels[:, channel]
            tables.append(
                _Table(
                    "values",
                    channel,
                    np.arange(counts.shape[1]),
                    counts / counts.sum(axis=1, keepdims=True),
                    squares[:, 0, channel] / sizes,
                    squares[:, 1, channel] / sizes,
                    (float(ranges[0, channel]), float(ranges[1, channel])),
                )
            )
    if first.class_counts is not None and second.class_counts is not None:
        means = np.array([first.class_counts, second.class_counts]) / sizes
        tables.append(
            _Table("classes", None, np.arange(means.shape[1]), means, means, None)
        )
    return tables


def _compare(table: _Table, sizes: np.ndarray, alarm: float) -> Drift:
    difference = np.abs(table.means[0] - table.means[1])
    where = int(np.argmax(difference))
    cumulative = cumulative_noise = None
    if table.cumulative_squares is not None:
        means = np.cumsum(table.means, axis=1)
        cumulative = float(np.abs(means[0] - means[1]).max())
        cumulative_noise = _noise(
            means, table.cumulative_squares, table.ranges[1], sizes, alarm
        )
    return Drift(
        table.what,
        table.number,
        float(difference[where]),
        _noise(table.means, table.squares, table.ranges[0], sizes, alarm),
        float(table.positions[where]),
        cumulative,
        cumulative_noise,
    )


def _noise(
    means: np.ndarray,
    squares: np.ndarray,
    largest_range: float,
    sizes: np.ndarray,
    alarm: float,
) -> float:
    """Bounds the distance of random samples of the distribution of both splits.

    Bernstein's inequality for the difference of two means of shares, whose range is
    `largest_range`, holds for small splits and rare levels, too. Its variance is that
    of the pooled examples, the largest of all levels; Bonferroni's inequality covers
    the levels.
    """
    total = int(sizes.sum())
    mean = sizes @ means / total
    variance = np.maximum(sizes @ squares / total - mean**2, 0.0)
    variance = variance * (total / max(1, total - 1))
    num_levels = max(1, int(np.count_nonzero(variance)))
    exponent = float(np.log(2 * num_levels / alarm))
    spread = 2.0 * exponent * float(variance.max()) * float((1.0 / sizes).sum())
    linear = exponent * largest_range / (3.0 * int(sizes.min()))
    return float(linear + np.sqrt(linear**2 + spread)) + _ROUNDING
