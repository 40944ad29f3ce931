"""Distances to the nearest training image: a guard against memorization."""

from typing import Any

import numpy as np
import scipy.special

from smoothing_tf.evaluation.pairwise import squared_distance_blocks

_QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_MIN_MEDIAN = 10


def nearest_training_distances(
    images_uint8: np.ndarray, training_uint8: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Euclidean distance of each image to the nearest training image.

    Args:
      images_uint8: uint8 [n, h, w, c].
      training_uint8: uint8 [m, h, w, c].

    Returns:
      (float64 [n], on the [-1, 1] pixel scale; int64 [n], the nearest training
      image's position). A distance of 0 is an exact copy, exactly.

    Raises:
      TypeError: not uint8.
      ValueError: the shapes of the images differ, or there are none.
    """
    for name, images in (
        ("images_uint8", images_uint8),
        ("training_uint8", training_uint8),
    ):
        if images.dtype != np.uint8:
            raise TypeError(f"`{name}` must be uint8; got {images.dtype}.")
    if images_uint8.shape[1:] != training_uint8.shape[1:] or not len(training_uint8):
        raise ValueError(
            "`training_uint8` must hold images of the shape of `images_uint8`, "
            f"{images_uint8.shape[1:]}; got {training_uint8.shape}."
        )
    # Squared distances of whole grey levels are whole numbers: exact in float64.
    flat = images_uint8.reshape(len(images_uint8), -1)
    squared = np.full(len(flat), np.inf)
    nearest = np.zeros(len(flat), np.int64)
    chunk = 8192
    for offset in range(0, len(training_uint8), chunk):
        training = training_uint8[offset : offset + chunk]
        training = training.reshape(len(training), -1)
        for start, distances in squared_distance_blocks(flat, training):
            rows = np.arange(len(distances))
            columns = np.argmin(distances, axis=1)
            found = distances[rows, columns]
            closer = found < squared[start + rows]
            squared[start + rows[closer]] = found[closer]
            nearest[start + rows[closer]] = offset + columns[closer]
    return np.sqrt(squared) * (2.0 / 255.0), nearest


def summarize_distances(distances: np.ndarray) -> dict[str, Any]:
    """{"n", "exact_copies", "mean", "quantiles": {"0.5": median, ...}}."""
    return {
        "n": len(distances),
        "exact_copies": int(np.sum(distances == 0.0)),
        "mean": float(np.mean(distances)),
        "quantiles": {str(q): float(np.quantile(distances, q)) for q in _QUANTILES},
    }


def median_error(values: np.ndarray) -> float | None:
    """Standard error of the median of independent values [n]; None if n is below 10.

    The standard deviation of the middle order statistic, whose distribution is that of
    Beta-distributed ranks.

    Reference: Maritz and Jarrett, "A note on estimating the variance of the sample
    median", 1978.
    """
    n = len(values)
    if n < _MIN_MEDIAN:
        return None
    rank = (n + 1) / 2.0
    bounds = scipy.special.betainc(rank, rank, np.arange(n + 1) / n)
    weights = np.diff(bounds)
    values = np.sort(np.asarray(values, np.float64))
    mean = weights @ values
    return float(np.sqrt(weights @ np.square(values - mean)))
