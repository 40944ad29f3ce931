"""The Frechet distance between two Gaussians, and streamed moments for it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np


def frechet_distance(
    mu1: np.ndarray, sigma1: np.ndarray, mu2: np.ndarray, sigma2: np.ndarray
) -> float:
    """|mu1 - mu2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2), in float64.

    With S1 = A1 A1^T and S2 = A2 A2^T, the trace of the root is the sum of the singular
    values of A1^T A2. Eigenvalues of S1 and S2 that are 0 up to rounding are left out
    of A1 and A2, because a singular covariance has many of them, and the square roots
    of their rounding errors are not small.

    Args:
      mu1: mean [d].
      sigma1: covariance [d, d].
      mu2: mean [d].
      sigma2: covariance [d, d].

    Returns:
      The distance, never negative; 0 if it does not exceed its rounding error.

    Raises:
      ValueError: shapes do not fit, a covariance is not symmetric, or a value is
        not finite.

    Reference: Dowson and Landau, "The Frechet distance between multivariate
    normal distributions", 1982; Heusel et al., "GANs trained by a two time-scale
    update rule", NeurIPS 2017.
    """
    mu1, sigma1 = _check_gaussian("1", mu1, sigma1)
    mu2, sigma2 = _check_gaussian("2", mu2, sigma2)
    if mu1.shape != mu2.shape:
        raise ValueError(
            f"`mu2` must have the shape of `mu1`, {mu1.shape}; got {mu2.shape}."
        )
    return _distance(mu1, factorize(sigma1), mu2, factorize(sigma2))


class MomentsAccumulator:
    """Streams (n, mean, M2) of feature vectors in float64.

    Batches may come in any order and accumulators may be merged, as in a Beam
    `CombineFn`: in any order the result is the same up to rounding, 1e-12. Feed it at
    least 256 rows at a time, since every update costs one d x d product.

    Reference: Chan, Golub and LeVeque, "Updating formulae and a pairwise
    algorithm for computing sample variances", 1979.
    """

    def __init__(self):
        self.count = 0
        self.mean: np.ndarray | float = 0.0
        self.m2: np.ndarray | float = 0.0

    def update(self, features: np.ndarray) -> "MomentsAccumulator":
        """Adds a batch [n, d]; returns self.

        Raises:
          ValueError: the shape is not [n, d], d differs from before, or a value is not
            finite.
        """
        features = np.asarray(features, np.float64)
        if features.ndim != 2:
            raise ValueError(
                f"`features` must have shape [n, d]; got {features.shape}."
            )
        if not np.all(np.isfinite(features)):
            raise ValueError("`features` must be finite; got a NaN or an infinity.")
        if not len(features):
            return self
        batch = MomentsAccumulator()
        batch.count = len(features)
        # The mean of a long column far from 0 is rounded; the mean of the rest corrects
        # it.
        mean = features.mean(axis=0)
        centered = features - mean
        rest = centered.mean(axis=0)
        centered -= rest
        batch.mean = mean + rest
        batch.m2 = centered.T @ centered
        return self.merge(batch)

    def merge(self, other: "MomentsAccumulator") -> "MomentsAccumulator":
        """Adds what another accumulator has seen; returns self.

        Raises:
          ValueError: the other one saw features of another d.
        """
        if not other.count:
            return self
        if self.count and np.shape(self.mean) != np.shape(other.mean):
            raise ValueError(
                f"`features` must have {np.shape(self.mean)[0]} columns as before; "
                f"got {np.shape(other.mean)[0]}."
            )
        count = self.count + other.count
        delta = other.mean - self.mean
        # Merging a batch into an empty accumulator keeps the batch's mean, unrounded.
        self.mean = self.mean + delta * (other.count / count)
        self.m2 = self.m2 + other.m2
        if self.count:
            weight = self.count * other.count / count
            self.m2 = self.m2 + np.outer(delta, delta) * weight
        self.count = count
        return self

    def finalize(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns (mean [d], covariance [d, d] with ddof = 1).

        Raises:
          ValueError: fewer than two rows were seen.
        """
        if self.count < 2:
            raise ValueError(
                f"`features` must have at least 2 rows for a covariance; "
                f"got {self.count}."
            )
        return np.array(self.mean), np.array(self.m2) / (self.count - 1)


class FrechetEstimate(NamedTuple):
    """A Frechet distance between two samples, with its error.

    Attributes:
      value: the distance. Its expectation depends on the sizes of the samples.
      se: standard error, which covers the sampling of both.
      se_reference: the part of `se` that is due to the reference. It is shared by all
        samples that are compared with this reference.
      degrees_of_freedom: degrees of freedom of the error: value +- t se, with the
        quantile t of Student's distribution, covers the expectation of the distance
        between samples of these sizes.
    """

    value: float
    se: float
    se_reference: float
    degrees_of_freedom: float


class FrechetJackknife(NamedTuple):
    """A Frechet distance with those that leave out a block, for errors of differences.

    Attributes:
      value: the distance between the whole samples.
      without_samples: distances without each block of the samples, float64 [B].
      without_reference: distances without each block of the reference, float64.
      sizes: number of samples in each block.
    """

    value: float
    without_samples: np.ndarray
    without_reference: np.ndarray
    sizes: tuple[int, ...]


def frechet_jackknife(
    reference: Sequence[MomentsAccumulator], samples: Sequence[MomentsAccumulator]
) -> FrechetEstimate:
    """Computes the Frechet distance between two samples, each given in blocks.

    The variance is the sum of two delete-block jackknives, each
    (B - 1)/B sum_b (d_b - mean d)^2 where d_b leaves block b of one of the samples out;
    their degrees of freedom are combined by the Welch-Satterthwaite formula. (A
    bootstrap repeats rows and is biased upward.) Near equal distributions, where the
    distance is quadratic in the blocks, the error is about 1.4 times the true spread.

    Args:
      reference: moments of B >= 2 disjoint blocks of equal size of one sample, at
        least 2 rows in all but one. Rows must be in random order.
      samples: moments of blocks of the other sample.

    Returns:
      FrechetEstimate.
    """
    return FrechetDistanceTo(reference)(samples)


class FrechetDistanceTo:
    """Distances of several samples to one, whose covariance is decomposed only once.

    Args:
      reference: moments of its blocks, as for `frechet_jackknife`.
    """

    def __init__(self, reference: Sequence[MomentsAccumulator]):
        self._reference = reference
        self._mean, covariance = _merge(reference).finalize()
        self._factor = factorize(covariance)

    def __call__(self, samples: Sequence[MomentsAccumulator]) -> FrechetEstimate:
        """`frechet_jackknife(reference, samples)`."""
        found = self.jackknife(samples)
        parts = found.without_samples, found.without_reference
        variances = [jackknife_variance(distances) for distances in parts]
        freedoms = [len(distances) - 1 for distances in parts]
        variance = sum(variances)
        if variance > 0.0:
            freedom = variance**2 / sum(v**2 / f for v, f in zip(variances, freedoms))
        else:
            freedom = float(sum(freedoms))
        return FrechetEstimate(
            found.value,
            float(np.sqrt(variance)),
            float(np.sqrt(variances[1])),
            float(freedom),
        )

    def jackknife(self, samples: Sequence[MomentsAccumulator]) -> FrechetJackknife:
        """Computes the distances behind `frechet_jackknife(reference, samples)`."""
        mean, covariance = _merge(samples).finalize()
        factor = factorize(covariance)
        without_samples, without_reference = (
            np.array(
                [fast_distance(mu, root, *part.finalize()) for part in _without(blocks)]
            )
            for blocks, mu, root in (
                (samples, self._mean, self._factor),
                (self._reference, mean, factor),
            )
        )
        return FrechetJackknife(
            _distance(self._mean, self._factor, mean, factor),
            without_samples,
            without_reference,
            tuple(block.count for block in samples),
        )


def jackknife_variance(values: np.ndarray) -> float:
    """Estimates the variance of a statistic, given its values without each block."""
    spread = np.sum(np.square(values - np.mean(values)))
    return float(spread * (len(values) - 1) / len(values))


def _merge(parts: Iterable[MomentsAccumulator]) -> MomentsAccumulator:
    total = MomentsAccumulator()
    for part in parts:
        total.merge(part)
    return total


def _without(blocks: Sequence[MomentsAccumulator]) -> Iterable[MomentsAccumulator]:
    """Yields the moments of all blocks but one, for each block."""
    for left_out in range(len(blocks)):
        yield _merge(block for b, block in enumerate(blocks) if b != left_out)


def _check_gaussian(
    number: str, mu: np.ndarray, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    mu = np.asarray(mu, np.float64)
    sigma = np.asarray(sigma, np.float64)
    if mu.ndim != 1:
        raise ValueError(f"`mu{number}` must have shape [d]; got {mu.shape}.")
    if sigma.shape != (len(mu), len(mu)):
        raise ValueError(
            f"`sigma{number}` must have shape [{len(mu)}, {len(mu)}]; "
            f"got {sigma.shape}."
        )
    for name, value in ((f"mu{number}", mu), (f"sigma{number}", sigma)):
        if not np.all(np.isfinite(value)):
            raise ValueError(f"`{name}` must be finite; got a NaN or an infinity.")
    if np.max(np.abs(sigma - sigma.T)) > 1e-6 * np.max(np.abs(sigma)):
        raise ValueError(f"`sigma{number}` must be symmetric; got one that is not.")
    return mu, sigma


def factorize(sigma: np.ndarray) -> np.ndarray:
    """Computes A [d, rank] with A A^T = sigma [d, d]."""
    values, vectors = np.linalg.eigh(sigma)
    rounding = len(values) * np.finfo(np.float64).eps * values[-1]
    is_zero = values <= max(rounding, 0.0)
    return vectors[:, ~is_zero] * np.sqrt(values[~is_zero])


def _distance(
    mu1: np.ndarray, factor1: np.ndarray, mu2: np.ndarray, factor2: np.ndarray
) -> float:
    trace_of_root = 0.0
    if factor1.size and factor2.size:
        trace_of_root = np.sum(np.linalg.svd(factor1.T @ factor2, compute_uv=False))
    difference = mu1 - mu2
    traces = np.sum(np.square(factor1)) + np.sum(np.square(factor2))
    distance = difference @ difference + traces - 2.0 * trace_of_root
    rounding = len(mu1) * np.finfo(np.float64).eps * traces
    return float(distance) if distance > rounding else 0.0


def fast_distance(
    mu1: np.ndarray, factor1: np.ndarray, mu2: np.ndarray, sigma2: np.ndarray
) -> float:
    """Computes the distance without decomposing sigma2, to eight digits."""
    values = np.linalg.eigvalsh(factor1.T @ sigma2 @ factor1) if factor1.size else 0.0
    trace_of_root = np.sum(np.sqrt(np.maximum(values, 0.0)))
    difference = mu1 - mu2
    traces = np.sum(np.square(factor1)) + np.trace(sigma2)
    return float(difference @ difference + traces - 2.0 * trace_of_root)
