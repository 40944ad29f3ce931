"""Statistics of a split, combined over any number of workers."""

import apache_beam as beam
import numpy as np


class StatisticsFn(beam.CombineFn):
    """Moments, extremes and histogram of batches of examples.

    Elements are arrays [n, ...event]; the output is a dict for JSON, over all
    values of all examples: `count` (of examples), `mean`, `std` (ddof = 0), `min`,
    `max`, for levels `histogram` (number of values of every level), for vectors the
    lists `mean_per_dim` and `std_per_dim`.

    Args:
      num_levels: number of levels, None for continuous data.

    Reference: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm
    for Computing Sample Variances", 1979.
    """

    def __init__(self, num_levels: int | None):
        self._num_levels = num_levels

    def create_accumulator(self):
        # Count, and per dimension: mean, sum of squared deviations, min, max; then
        # the histogram. The scalars broadcast against the first batch.
        return 0, 0.0, 0.0, np.inf, -np.inf, 0

    def add_input(self, accumulator, batch):
        x = batch.reshape(len(batch), -1).astype(np.float64)
        mean = x.mean(axis=0)
        histogram: np.ndarray | int = 0
        if self._num_levels is not None:
            histogram = np.bincount(batch.ravel(), minlength=self._num_levels)
        own = (
            len(x),
            mean,
            ((x - mean) ** 2).sum(axis=0),
            x.min(axis=0),
            x.max(axis=0),
            histogram,
        )
        return _merge(accumulator, own)

    def merge_accumulators(self, accumulators):
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged = _merge(merged, accumulator)
        return merged

    def extract_output(self, accumulator):
        count, mean, deviations, low, high, histogram = accumulator
        if count == 0:
            return {"count": 0}
        variance = deviations / count
        statistics = {
            "count": count,
            "mean": float(np.mean(mean)),
            # Total variance: within the dimensions and between their means.
            "std": float(np.sqrt(np.mean(variance) + np.var(mean))),
            "min": float(np.min(low)),
            "max": float(np.max(high)),
        }
        if self._num_levels is not None:
            statistics["histogram"] = histogram.tolist()
        else:
            statistics["mean_per_dim"] = mean.tolist()
            statistics["std_per_dim"] = np.sqrt(variance).tolist()
        return statistics


def _merge(a, b):
    count = a[0] + b[0]
    if count == 0:
        return a
    delta = b[1] - a[1]
    return (
        count,
        a[1] + delta * (b[0] / count),
        a[2] + b[2] + delta**2 * (a[0] * b[0] / count),
        np.minimum(a[3], b[3]),
        np.maximum(a[4], b[4]),
        a[5] + b[5],
    )
