"""Precision and recall of generated features by nearest-neighbor balls."""

from typing import NamedTuple

import numpy as np

from smoothing_tf.evaluation.pairwise import check_features, squared_distance_blocks


class PrecisionRecall(NamedTuple):
    """Shares of generated samples that look real, and of real ones covered."""

    precision: float
    recall: float


def precision_recall(
    real: np.ndarray, generated: np.ndarray, *, num_neighbors: int = 3
) -> PrecisionRecall:
    """Computes improved precision and recall.

    A set's manifold is the union of balls around its points, each reaching to
    the point's k-th nearest neighbor in the set. Precision is the share of
    generated points on the real manifold, recall the share of real points on the
    generated one. Both depend on the numbers of points: report them.

    Args:
      real: features [n, d], n > num_neighbors.
      generated: features [m, d], m > num_neighbors.
      num_neighbors: k.

    Returns:
      PrecisionRecall, both in [0, 1].

    Raises:
      ValueError: too few rows, or shapes that do not fit.

    Reference: Kynkaanniemi et al., "Improved precision and recall metric for
    assessing generative models", NeurIPS 2019.
    """
    real, generated = check_features(real=real, generated=generated)
    for name, features in (("real", real), ("generated", generated)):
        if len(features) <= num_neighbors:
            raise ValueError(
                f"`{name}` must have more than {num_neighbors} rows; "
                f"got {len(features)}."
            )
    return PrecisionRecall(
        precision=_coverage(generated, real, _radii(real, num_neighbors)),
        recall=_coverage(real, generated, _radii(generated, num_neighbors)),
    )


def _radii(points: np.ndarray, k: int) -> np.ndarray:
    """Computes each point's squared distance to its k-th nearest other point, [n]."""
    radii = np.empty(len(points))
    for start, distances in squared_distance_blocks(points, points):
        rows = np.arange(len(distances))
        distances[rows, start + rows] = np.inf
        radii[start : start + len(rows)] = np.partition(distances, k - 1)[:, k - 1]
    return radii


def _coverage(points: np.ndarray, centers: np.ndarray, radii: np.ndarray) -> float:
    covered = sum(
        int(np.sum(np.any(distances <= radii, axis=1)))
        for _, distances in squared_distance_blocks(points, centers)
    )
    return covered / len(points)
