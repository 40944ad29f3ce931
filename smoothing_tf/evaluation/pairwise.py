"""Distances between all pairs of two sets, in blocks."""

from collections.abc import Iterator

import numpy as np


def squared_distance_blocks(
    x: np.ndarray, y: np.ndarray, *, block_size: int = 1024
) -> Iterator[tuple[int, np.ndarray]]:
    """Squared Euclidean distances from each x to every y, a block of x at a time.

    Computed as |x|^2 + |y|^2 - 2 x.y in float64: exact for integers below 2^26,
    and what is left of a distance between equal rows by cancellation is set to 0.

    Args:
      x: [n, d].
      y: [m, d].
      block_size: rows of x per block; a block takes 8 block_size m bytes.

    Yields:
      (first row of the block, float64 [rows, m]).
    """
    y = np.asarray(y, np.float64)
    y_norms = np.einsum("ij,ij->i", y, y)
    for start in range(0, len(x), block_size):
        block = np.asarray(x[start : start + block_size], np.float64)
        scale = np.einsum("ij,ij->i", block, block)[:, None] + y_norms
        distances = scale - 2.0 * (block @ y.T)
        distances[distances < 1e-13 * scale] = 0.0
        yield start, distances


def check_features(**arrays: np.ndarray) -> list[np.ndarray]:
    """Float64 copies of [n, d] arrays of equal d.

    Raises:
      ValueError: an array is not [n, d], not finite, or of another d.
    """
    checked = []
    for name, array in arrays.items():
        array = np.asarray(array, np.float64)
        if array.ndim != 2 or not len(array):
            raise ValueError(
                f"`{name}` must have shape [n, d] with n above 0; got {array.shape}."
            )
        if checked and array.shape[1] != checked[0].shape[1]:
            raise ValueError(
                f"`{name}` must have {checked[0].shape[1]} features, as the others; "
                f"got {array.shape[1]}."
            )
        if not np.all(np.isfinite(array)):
            raise ValueError(f"`{name}` must be finite; got a NaN or an infinity.")
        checked.append(array)
    return checked
