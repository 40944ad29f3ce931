"""Floors: the metrics of real images compared with other real images."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from smoothing_tf.evaluation.frechet import MomentsAccumulator, frechet_distance
from smoothing_tf.evaluation.kernel_distance import kernel_distance
from smoothing_tf.evaluation.precision_recall import PrecisionRecall, precision_recall
from smoothing_tf.parts import Parts

_QUANTILES = (0.05, 0.5, 0.95)
# Number of times that a floor is measured, unless this takes more than
# `_MAX_OPERATIONS`.
_MAX_REPEATS = 20
_MIN_REPEATS = 5
_MAX_OPERATIONS = 2e11
# Precision and recall compare all pairs; their values depend on n, which is recorded.
_MAX_NEIGHBOR_IMAGES = 10_000
# The pairs of subsets are the same for every run.
_SEED = 0x5EED
_UPDATE_ROWS = 1024
_REASON = (
    "The quantiles describe the spread over repeated pairs of disjoint random subsets."
)

Metric = dict[str, Any]


class Floors:
    """Metrics between disjoint random subsets of the reference images.

    Subsets are drawn without replacement, with a constant seed of the library.

    Args:
      reference: features of real images, float [n, d].
      parts: stores the floors, and shows progress; None does neither.
      name: name of the features, for the name of the part.
    """

    def __init__(
        self,
        reference: np.ndarray,
        parts: Parts | None = None,
        name: str = "features",
    ):
        self._reference = reference
        self._parts, self._name = parts or Parts(), name
        self._cached = functools.cache(self._compute)

    def size(self, num_samples: int) -> int:
        """Number of images on each side of the floor for `num_samples` samples."""
        return min(num_samples, len(self._reference) // 2)

    def neighbor_size(self, num_samples: int) -> int:
        """Number of images on each side for precision and recall (all pairs)."""
        return min(self.size(num_samples), _MAX_NEIGHBOR_IMAGES)

    def __call__(self, name: str, n: int) -> Metric:
        """Measures the distribution of a metric between n real images and n others.

        Args:
          name: "fd", "kid", "precision" or "recall".
          n: images on each side, at most half of the reference.

        Returns:
          {"value": the median, "quantiles": {"0.05", "0.5", "0.95"}, "n", "repeats",
          "se": None, "se_reason"}.
        """
        key = "precision_recall" if name in ("precision", "recall") else name
        values = self._cached(key, n)
        if key != name:
            values = [pair[PrecisionRecall._fields.index(name)] for pair in values]
        quantiles = {str(q): float(np.quantile(values, q)) for q in _QUANTILES}
        return {
            "value": quantiles["0.5"],
            "quantiles": quantiles,
            "n": n,
            "repeats": len(values),
            "se": None,
            "se_reason": _REASON,
        }

    def _compute(self, name: str, n: int) -> list[Any]:
        measure, operations = _MEASURES[name]
        affordable = int(_MAX_OPERATIONS / operations(n, self._reference.shape[1]))
        repeats = min(max(affordable, _MIN_REPEATS), _MAX_REPEATS)
        part = f"floor {name} {self._name} {n}"
        pairs = self._parts.track(self._pairs(n, repeats), part, repeats, "pair")
        return self._parts.value(part, lambda: [measure(*pair) for pair in pairs])

    def _pairs(self, n: int, repeats: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for repeat in range(repeats):
            # Raw output is the same in all versions of NumPy; see `subset_indices`.
            keys = np.random.PCG64([_SEED, repeat]).random_raw(len(self._reference))
            order = np.argsort(keys, kind="stable")
            yield self._reference[order[:n]], self._reference[order[n : 2 * n]]


def moments(features: np.ndarray) -> MomentsAccumulator:
    """Accumulates the moments of features [n, d] in batches."""
    accumulator = MomentsAccumulator()
    for start in range(0, len(features), _UPDATE_ROWS):
        accumulator.update(features[start : start + _UPDATE_ROWS])
    return accumulator


def _frechet(x: np.ndarray, y: np.ndarray) -> float:
    return frechet_distance(*moments(x).finalize(), *moments(y).finalize())


def _kernel(x: np.ndarray, y: np.ndarray) -> float:
    return kernel_distance(x, y).value


# Name -> (metric of two sets, its operations for n rows of d features on each side).
_MEASURES: dict[str, tuple[Callable[..., Any], Callable[[int, int], float]]] = {
    "fd": (_frechet, lambda n, d: 30.0 * d**3 + 4.0 * n * d**2),
    "kid": (_kernel, lambda n, d: 4.0 * n**2 * (d + 20)),
    "precision_recall": (precision_recall, lambda n, d: 8.0 * n**2 * (d + 50)),
}
