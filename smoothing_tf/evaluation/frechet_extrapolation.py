"""The Frechet distance of infinitely many rows, from those of nested subsets."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import lapack

from smoothing_tf.evaluation.frechet import (
    MomentsAccumulator,
    factorize,
    fast_distance,
)

# Fewest rows of either sample for each feature. With fewer, the distance is not linear
# in 1/n.
MIN_ROWS_PER_FEATURE = 5
_MIN_BLOCKS = 4


class FrechetExtrapolation(NamedTuple):
    """A Frechet distance extrapolated to infinite n, with its error.

    Attributes:
      value: the distance of the two distributions. It is an estimate without bias up to
        terms of order 1/n^2 and may be below 0.
      se: standard error, which covers the sampling of both sides.
      degrees_of_freedom: degrees of freedom of the error: value +- t se, with the
        quantile t of Student's distribution.
      slope: slope of the line in 1/share.
      shares: shares of the rows in the subsets, from large to small.
      distances: mean distance of the subsets of each share.
      num_fitted: number of shares, the largest ones, that the line is fitted to.
    """

    value: float
    se: float
    degrees_of_freedom: float
    slope: float
    shares: tuple[float, ...]
    distances: tuple[float, ...]
    num_fitted: int


def extrapolate_frechet(
    reference: Sequence[MomentsAccumulator], samples: Sequence[MomentsAccumulator]
) -> FrechetExtrapolation:
    """Extrapolates the Frechet distance of two samples linearly in 1/n.

    The expected distance of n samples to m reference rows is that of the distributions
    plus a/n + b/m, up to terms of second order. With the same share s of the rows on
    both sides it is thus linear in 1/s. The line is fitted to the distances of all
    rows, of all but one block and of all but two blocks, each the mean over all choices
    of the blocks. Block b of both sides is left out together, so that the pairs of
    blocks are independent and one jackknife covers both samples.

    The variance is that of the distance of all rows; that of the extrapolated one is
    the same to first order. With D_b and D_bc without blocks b, and b and c, the
    jackknife V = (B - 1)/B sum_b (D_b - mean)^2 counts the variance Q of the terms of
    second order twice. Q = sum_{b<c} (Q_bc - mean)^2 / (B (B - 1)) with Q_bc = B D -
    (B - 1)(D_b + D_c) + (B - 2) D_bc, and the corrected variance is
    Q + max(0, V - 2 Q).

    Args:
      reference: moments of B disjoint blocks of equal size of one sample, at least 4.
        Rows must be in random order, and at least 5 for each feature.
      samples: moments of B blocks of the other sample, likewise.

    Returns:
      FrechetExtrapolation.

    Raises:
      ValueError: the numbers of blocks differ or are too small.

    Reference: Chong and Forsyth, "Effectively unbiased FID and Inception Score and
    where to find them", CVPR 2020; Efron and Stein, "The jackknife estimate of
    variance", 1981.
    """
    num_blocks = len(reference)
    if len(samples) != num_blocks or num_blocks < _MIN_BLOCKS:
        raise ValueError(
            "`samples` must have as many blocks as `reference`, at least"
            f" {_MIN_BLOCKS}; got {len(samples)} and {num_blocks}."
        )

    sides = _Blocks(reference), _Blocks(samples)

    def distance(left_out: Sequence[int] = ()) -> float:
        return _distance(*(side.without(left_out) for side in sides))

    whole = distance()
    without_one = np.array([distance([block]) for block in range(num_blocks)])
    pairs = list(itertools.combinations(range(num_blocks), 2))
    without_two = np.array([distance(pair) for pair in pairs])
    shares = 1.0 - np.arange(3) / num_blocks
    fitted = np.array([whole, without_one.mean(), without_two.mean()])
    slope, value = np.polyfit(1.0 / shares, fitted, 1)
    variance, freedom = _variance(whole, without_one, without_two, pairs)
    half = num_blocks // 2
    halves = [range(half, num_blocks), range(num_blocks - half)]
    return FrechetExtrapolation(
        float(value),
        float(np.sqrt(variance)),
        freedom,
        float(slope),
        (*shares.tolist(), half / num_blocks),
        (*fitted.tolist(), float(np.mean([distance(left) for left in halves]))),
        len(fitted),
    )


class _Blocks:
    """Moments of blocks, to merge any of them without a loop over all."""

    def __init__(self, blocks: Sequence[MomentsAccumulator]):
        self._counts = np.array([block.count for block in blocks])
        self._means = np.array([block.mean for block in blocks])
        self._m2 = [np.asarray(block.m2) for block in blocks]
        self._total = sum(self._m2)

    def without(self, left_out: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Returns (mean [d], covariance [d, d]) of all blocks but some."""
        kept = np.ones(len(self._counts), bool)
        kept[list(left_out)] = False
        counts, means = self._counts[kept], self._means[kept]
        mean = counts @ means / counts.sum()
        centered = (means - mean) * np.sqrt(counts)[:, None]
        m2 = self._total - sum(self._m2[block] for block in left_out)
        return mean, (m2 + centered.T @ centered) / (counts.sum() - 1)


def _variance(
    whole: float,
    without_one: np.ndarray,
    without_two: np.ndarray,
    pairs: Sequence[tuple[int, int]],
) -> tuple[float, float]:
    """Computes the corrected variance of a jackknife and its degrees of freedom."""
    num_blocks, num_pairs = len(without_one), len(pairs)
    spread = np.sum(np.square(without_one - without_one.mean()))
    jackknife = spread * (num_blocks - 1) / num_blocks
    of_pairs = np.array([without_one[b] + without_one[c] for b, c in pairs])
    second = num_blocks * whole - (num_blocks - 1) * of_pairs
    second += (num_blocks - 2) * without_two
    spread = np.sum(np.square(second - second.mean()))
    quadratic = spread / (num_blocks * (num_blocks - 1))
    if jackknife <= 2.0 * quadratic or jackknife <= 0.0:
        return float(quadratic), float(num_pairs - 1)
    variance = jackknife - quadratic
    # The Welch-Satterthwaite formula.
    freedom = variance**2 / (
        jackknife**2 / (num_blocks - 1) + quadratic**2 / (num_pairs - 1)
    )
    return float(variance), float(freedom)


def _distance(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
) -> float:
    """Computes the distance of (mean, covariance), as `fast_distance` does.

    If the first covariance L L^T is regular, LAPACK computes L^T S L in a quarter of
    the operations of two products.
    """
    (mean1, covariance1), (mean2, covariance2) = first, second
    # The transposes are the same matrices, in Fortran's order.
    lower, is_singular = lapack.dpotrf(covariance1.T, lower=1)
    if is_singular:
        return fast_distance(mean1, factorize(covariance1), mean2, covariance2)
    product, _ = lapack.dsygst(covariance2.T, lower, itype=2, lower=1)
    values = np.linalg.eigvalsh(product.T, UPLO="U")
    trace_of_root = np.sum(np.sqrt(np.maximum(values, 0.0)))
    traces = np.trace(covariance1) + np.trace(covariance2)
    return float(np.sum((mean1 - mean2) ** 2) + traces - 2.0 * trace_of_root)
