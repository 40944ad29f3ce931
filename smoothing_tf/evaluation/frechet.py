"""The Frechet distance between two Gaussians, and streamed moments for it."""

from collections.abc import Sequence

import numpy as np


def frechet_distance(
    mu1: np.ndarray, sigma1: np.ndarray, mu2: np.ndarray, sigma2: np.ndarray
) -> float:
    """|mu1 - mu2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2), in float64.

    The trace of the root is the sum of the square roots of the eigenvalues of
    S1^(1/2) S2 S1^(1/2), a symmetric matrix: no matrix square root of a product,
    and right for singular covariances.

    Args:
      mu1: mean [d].
      sigma1: covariance [d, d].
      mu2: mean [d].
      sigma2: covariance [d, d].

    Returns:
      The distance, at least 0 up to rounding.

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
    return _distance(mu1, sigma1, _root(sigma1), mu2, sigma2)


class MomentsAccumulator:
    """Streams (n, mean, M2) of feature vectors in float64.

    Batches may come in any order and accumulators may be merged, as in a Beam
    `CombineFn`: the result is equal to rounding, 1e-12, whatever the order. Feed
    it 256 rows or more at a time: every update costs one d x d product.

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
          ValueError: not [n, d], or another d than before, or not finite.
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
        batch.mean = features.mean(axis=0)
        centred = features - batch.mean
        batch.m2 = centred.T @ centred
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
        # The first batch meets an empty accumulator: its own mean, unrounded.
        self.mean = self.mean + delta * (other.count / count)
        self.m2 = self.m2 + other.m2
        if self.count:
            weight = self.count * other.count / count
            self.m2 = self.m2 + np.outer(delta, delta) * weight
        self.count = count
        return self

    def finalize(self) -> tuple[np.ndarray, np.ndarray]:
        """(mean [d], covariance [d, d] with ddof = 1).

        Raises:
          ValueError: fewer than two rows were seen.
        """
        if self.count < 2:
            raise ValueError(
                f"`features` must have at least 2 rows for a covariance; "
                f"got {self.count}."
            )
        return np.array(self.mean), self.m2 / (self.count - 1)


def frechet_jackknife(
    reference: MomentsAccumulator, blocks: Sequence[MomentsAccumulator]
) -> tuple[float, float]:
    """Frechet distance to fixed reference statistics, with its error bar.

    The standard error is the delete-block jackknife over the blocks,
    sqrt((B - 1)/B sum_b (d_b - mean d)^2), where d_b leaves block b out. (A
    bootstrap repeats rows and is biased upward.)

    Args:
      reference: moments of the real features.
      blocks: moments of B >= 2 disjoint blocks of equal size, at least 2 rows in
        all but one.

    Returns:
      (distance of all blocks together, standard error).
    """
    mu, sigma = reference.finalize()
    root = _root(sigma)

    def distance(parts: Sequence[MomentsAccumulator]) -> float:
        total = MomentsAccumulator()
        for part in parts:
            total.merge(part)
        return _distance(mu, sigma, root, *total.finalize())

    blocks = list(blocks)
    without = np.array(
        [distance(blocks[:b] + blocks[b + 1 :]) for b in range(len(blocks))]
    )
    spread = np.sum(np.square(without - without.mean()))
    se = np.sqrt(spread * (len(blocks) - 1) / len(blocks))
    return distance(blocks), float(se)


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


def _root(sigma: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(sigma)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _distance(
    mu1: np.ndarray,
    sigma1: np.ndarray,
    root1: np.ndarray,
    mu2: np.ndarray,
    sigma2: np.ndarray,
) -> float:
    product = root1 @ sigma2 @ root1
    values = np.linalg.eigvalsh((product + product.T) / 2.0)
    trace_of_root = np.sum(np.sqrt(np.maximum(values, 0.0)))
    difference = mu1 - mu2
    return float(
        difference @ difference
        + np.trace(sigma1)
        + np.trace(sigma2)
        - 2.0 * trace_of_root
    )
