"""The kernel distance (KID): squared maximum mean discrepancy of features."""

import math
from typing import NamedTuple

import numpy as np

from smoothing_tf.evaluation.anchored_kernel import AnchoredKernel
from smoothing_tf.evaluation.pairwise import check_features, check_uncopied
from smoothing_tf.parts import Parts

# Rows whose pairs are summed between two steps of a progress bar, and that are held in
# float64 meanwhile.
_TILE_ROWS = 4096


class KernelDistance(NamedTuple):
    """An unbiased estimate of MMD^2 and its standard error.

    The error covers the sampling of both sets.
    """

    value: float
    se: float


class SubsetKernelDistance(NamedTuple):
    """Mean and standard deviation (ddof = 0) over random subsets.

    The standard deviation describes single subsets; it is not a standard error.
    """

    mean: float
    std: float


def kernel_distance(x: np.ndarray, y: np.ndarray) -> KernelDistance:
    """Unbiased MMD^2 of all rows with the kernel k(a, b) = (a.b / d + 1)^3.

    With the witness f(z) = E k(X, z) - E k(z, Y), the variance of the U-statistic is

      4/m var f(X) + 4/n var f(Y) + second-order terms in 1/m^2, 1/(mn) and 1/n^2.

    Away from equality the first two terms dominate; at equality f is constant and only
    the others are left. The standard error uses the sample variances of the estimated
    witness: because f is estimated from the same rows, they contain the second-order
    terms too, twice. So the error is right away from equality and about 1.4 times the
    true spread at equality. (Counting them once is unbiased, but covers only 91 % at
    n = 200 near equality: a value that is too low comes with an error that is too low.)

    Args:
      x: features [m, d], m >= 2.
      y: features [n, d], n >= 2.

    Returns:
      KernelDistance. The value may be negative.

    Raises:
      ValueError: fewer than two rows, or shapes that do not fit.

    Reference: Binkowski et al., "Demystifying MMD GANs", ICLR 2018; Sutherland and
    Deka, "Unbiased estimators for the variance of MMD estimators", 2019.
    """
    return KernelDistanceTo(x)(y)


class KernelDistanceTo:
    """Kernel distances of several sets to one set, whose pairs are summed only once.

    Args:
      x: features [m, d], m >= 2.
      parts: stores the sums over the pairs of x, and shows progress; None does neither.
      name: name of x, for the name of the part and the progress bars.

    Raises:
      ValueError: fewer than two rows, or a value that is not finite.
    """

    def __init__(self, x: np.ndarray, parts: Parts | None = None, name: str = "x"):
        (self._x,) = check_uncopied(x=x)
        _check_rows(x=self._x)
        self._parts, self._name = parts or Parts(), name
        self._kernel = AnchoredKernel(self._x.mean(axis=0, dtype=np.float64))
        starts = range(0, len(self._x), _TILE_ROWS)
        with self._parts.partial_arrays(
            f"kernel sums {name}", len(starts), unit="tile"
        ) as tiles:
            for start in starts[tiles.num_done :]:
                tiles.append({"sums": self._sum_within(start)[np.newaxis]})
        self._within = tiles.arrays["sums"].sum(axis=0)

    def __call__(self, y: np.ndarray) -> KernelDistance:
        """`kernel_distance(x, y)`."""
        x, y = check_uncopied(x=self._x, y=y)
        _check_rows(y=y)
        m, n = len(x), len(y)
        within_x, within_y = self._within, self._kernel.sum_within(y)
        across_x, across_y = self._sum_across(y)
        value = (
            within_x.sum() / (m * (m - 1))
            + within_y.sum() / (n * (n - 1))
            - 2.0 * across_x.sum() / (m * n)
        )
        witness_x = within_x / (m - 1) - across_x / n
        witness_y = within_y / (n - 1) - across_y / m
        variance = 4.0 * (np.var(witness_x, ddof=1) / m + np.var(witness_y, ddof=1) / n)
        return KernelDistance(float(value), math.sqrt(variance))

    def _sum_within(self, start: int) -> np.ndarray:
        """Sums over the pairs of a tile of x with itself and with later tiles, [m]."""
        x = self._x
        tile = x[start : start + _TILE_ROWS]
        own = slice(start, start + len(tile))
        sums = np.zeros(len(x))
        sums[own] = self._kernel.sum_within(tile)
        for other in range(own.stop, len(x), _TILE_ROWS):
            columns = slice(other, other + _TILE_ROWS)
            across = self._kernel.sum_across(tile, x[columns])
            sums[own] += across.rows
            sums[columns] += across.columns
        return sums

    def _sum_across(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums over y for each row of x, [m], and over x for each row of y, [n]."""
        starts = range(0, len(self._x), _TILE_ROWS)
        across_x, across_y = np.zeros(len(self._x)), np.zeros(len(y))
        for start in self._parts.track(
            starts, f"kernel distance {self._name}", len(starts), "tile"
        ):
            rows = slice(start, start + _TILE_ROWS)
            across = self._kernel.sum_across(self._x[rows], y)
            across_x[rows] = across.rows
            across_y += across.columns
        return across_x, across_y


def subset_kernel_distance(
    x: np.ndarray,
    y: np.ndarray,
    *,
    num_subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> SubsetKernelDistance:
    """Unbiased MMD^2 over random subsets, as the literature reports it.

    Subsets of sets not much larger than `subset_size` share most of their rows, and
    their spread is then far too small.

    Args:
      x: features [m, d].
      y: features [n, d].
      num_subsets: number of subsets, each drawn without replacement.
      subset_size: rows of each set in a subset, at least 2.
      seed: seed of the subsets.

    Returns:
      SubsetKernelDistance.

    Raises:
      ValueError: fewer rows than `subset_size`, or shapes that do not fit.

    Reference: Binkowski et al., "Demystifying MMD GANs", ICLR 2018.
    """
    x, y = check_features(x=x, y=y)
    if not 2 <= subset_size <= min(len(x), len(y)):
        raise ValueError(
            f"`subset_size` must be between 2 and {min(len(x), len(y))}, the rows of"
            f" the smaller set; got {subset_size}."
        )
    generator = np.random.Generator(np.random.PCG64(seed))
    kernel = AnchoredKernel(x.mean(axis=0))
    pairs = subset_size * (subset_size - 1)
    estimates = []
    for _ in range(num_subsets):
        rows_x = x[generator.choice(len(x), subset_size, replace=False)]
        rows_y = y[generator.choice(len(y), subset_size, replace=False)]
        within = kernel.sum_within(rows_x).sum() + kernel.sum_within(rows_y).sum()
        across = kernel.sum_across(rows_x, rows_y).rows.sum()
        estimates.append(within / pairs - 2.0 * across / subset_size**2)
    return SubsetKernelDistance(float(np.mean(estimates)), float(np.std(estimates)))


def _check_rows(**arrays: np.ndarray) -> None:
    for name, rows in arrays.items():
        if len(rows) < 2:
            raise ValueError(f"`{name}` must have at least 2 rows; got {len(rows)}.")
