"""The kernel distance (KID): squared maximum mean discrepancy of features."""

from typing import NamedTuple

import numpy as np

from smoothing_tf.evaluation.pairwise import check_features

_BLOCK_SIZE = 1024


class KernelDistance(NamedTuple):
    """Mean and standard deviation over subsets, and the all-sample estimate.

    The standard deviation describes single subsets; it is no standard error.
    """

    mean: float
    std: float
    all_samples: float


def kernel_distance(
    x: np.ndarray,
    y: np.ndarray,
    *,
    num_subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> KernelDistance:
    """Unbiased MMD^2 with the kernel k(a, b) = (a.b / d + 1)^3.

    Args:
      x: features [n, d], n >= 2.
      y: features [m, d], m >= 2.
      num_subsets: subsets, each drawn without replacement.
      subset_size: rows of each set in a subset, at most min(n, m); it is lowered
        to that when the sets are smaller.
      seed: of the subsets.

    Returns:
      KernelDistance: (mean, standard deviation with ddof = 0) over the subsets,
      and the U-statistic of all rows. Each may be negative.

    Raises:
      ValueError: fewer than two rows, or shapes that do not fit.

    Reference: Binkowski et al., "Demystifying MMD GANs", ICLR 2018.
    """
    x, y = check_features(x=x, y=y)
    if min(len(x), len(y)) < 2:
        raise ValueError(
            f"`x` and `y` must have at least 2 rows; got {len(x)} and {len(y)}."
        )
    size = min(subset_size, len(x), len(y))
    generator = np.random.Generator(np.random.PCG64(seed))
    # Column 0 of the members is the whole set, then one column per subset: one pass
    # over the kernel matrix sums it over every subset.
    members_x = _members(generator, len(x), size, num_subsets)
    members_y = _members(generator, len(y), size, num_subsets)
    estimates = (
        _mean_off_diagonal(x, members_x)
        + _mean_off_diagonal(y, members_y)
        - 2.0
        * _kernel_sums(x, members_x, y, members_y)
        / (members_x.sum(axis=0) * members_y.sum(axis=0))
    )
    all_samples, subsets = estimates[0], estimates[1:]
    return KernelDistance(
        float(np.mean(subsets)), float(np.std(subsets)), float(all_samples)
    )


def _members(
    generator: np.random.Generator, n: int, size: int, num_subsets: int
) -> np.ndarray:
    """0/1 indicators [n, 1 + num_subsets]."""
    members = np.zeros((n, 1 + num_subsets))
    members[:, 0] = 1.0
    for subset in range(1, num_subsets + 1):
        members[generator.choice(n, size, replace=False), subset] = 1.0
    return members


def _mean_off_diagonal(x: np.ndarray, members: np.ndarray) -> np.ndarray:
    diagonal = _kernel(np.einsum("ij,ij->i", x, x), x.shape[1]) @ members
    counts = members.sum(axis=0)
    sums = _kernel_sums(x, members, x, members) - diagonal
    return sums / (counts * (counts - 1.0))


def _kernel_sums(
    x: np.ndarray, members_x: np.ndarray, y: np.ndarray, members_y: np.ndarray
) -> np.ndarray:
    """sum_ij m_i k(x_i, y_j) m_j for every column m of the members."""
    total = np.zeros(members_x.shape[1])
    for start in range(0, len(x), _BLOCK_SIZE):
        rows = slice(start, start + _BLOCK_SIZE)
        kernel = _kernel(x[rows] @ y.T, x.shape[1])
        total += np.sum(members_x[rows] * (kernel @ members_y), axis=0)
    return total


def _kernel(products: np.ndarray, num_features: int) -> np.ndarray:
    base = products / num_features + 1.0
    # Two products: numpy's power of arrays is several times slower.
    return base * base * base
