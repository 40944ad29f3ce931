"""Distances to the nearest training image, a guard against memorization."""

from typing import Any

import numpy as np
import scipy.special
from sklearn.neighbors import NearestNeighbors

from smoothing_tf.data.image_view import Images

_QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_MIN_MEDIAN = 10
# Training images that are held as floats at a time.
_CHUNK_SIZE = 8192


def nearest_training_distances(
    images_uint8: Images, training_uint8: Images
) -> tuple[np.ndarray, np.ndarray]:
    """Computes the Euclidean distance of each image to the nearest training image.

    Distances are exact before the square root, although scikit-learn computes them as
    |x|^2 + |y|^2 - 2 x.y: it does so in float64, which holds all the whole numbers that
    occur. Features that are not whole numbers would lose digits by cancellation.

    Args:
      images_uint8: uint8 [n, h, w, c].
      training_uint8: uint8 [m, h, w, c].

    Returns:
      (float64 [n], distances on the [-1, 1] pixel scale; int64 [n], indices of the
      nearest training images, any one of several at the same distance). The distance
      is 0 if and only if the image is an exact copy.

    Raises:
      TypeError: the images are not uint8.
      ValueError: the images differ in shape, or there are no training images.
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
    flat = _flatten(images_uint8[:])
    squared = np.full(len(flat), np.inf)
    nearest = np.zeros(len(flat), np.int64)
    search = NearestNeighbors(n_neighbors=1, algorithm="brute", metric="sqeuclidean")
    for start in range(0, len(training_uint8), _CHUNK_SIZE):
        search.fit(_flatten(training_uint8[start : start + _CHUNK_SIZE]))
        distances, indices = (found[:, 0] for found in search.kneighbors(flat))
        is_closer = distances < squared
        squared[is_closer] = distances[is_closer]
        nearest[is_closer] = start + indices[is_closer]
    return np.sqrt(squared) * (2.0 / 255.0), nearest


def summarize_distances(distances: np.ndarray) -> dict[str, Any]:
    """Returns {"n", "exact_copies", "mean", "quantiles": {"0.5": median, ...}}."""
    return {
        "n": len(distances),
        "exact_copies": int(np.sum(distances == 0.0)),
        "mean": float(np.mean(distances)),
        "quantiles": {str(q): float(np.quantile(distances, q)) for q in _QUANTILES},
    }


def median_error(values: np.ndarray) -> float | None:
    """Computes the standard error of the median of independent values [n].

    It is the standard deviation of the middle order statistic, whose rank is
    Beta-distributed. It is None for fewer than 10 values.

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


def _flatten(images_uint8: np.ndarray) -> np.ndarray:
    return images_uint8.reshape(len(images_uint8), -1).astype(np.float32)
