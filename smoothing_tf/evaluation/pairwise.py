"""Distances between all pairs of two sets, in blocks."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist

# Up to this many features, subtracting first takes no longer than a matrix product.
_FEW_FEATURES = 32
# Below this share of |x|^2 + |y|^2, a distance would lose more than 5 of its 16 digits
# by |x|^2 + |y|^2 - 2 x.y.
_CANCELLED = 1e-5
# From this share of canceled pairs on, recomputing the whole row is cheaper.
_WHOLE_ROW = 0.05
_PAIRS_AT_ONCE = 1 << 22
# Float64 represents every whole number up to this one.
_EXACT = 2**53


def squared_distance_blocks(
    x: np.ndarray, y: np.ndarray, *, block_size: int = 1024
) -> Iterator[tuple[int, np.ndarray]]:
    """Computes squared distances from each x to every y, a block of x at a time.

    The distances are Euclidean, in float64, with a relative error below 1e-9; equal
    rows are at distance 0, and distances between whole numbers of an integer type are
    exact. A few features are subtracted, then squared. Many features are one matrix
    product, |x|^2 + |y|^2 - 2 x.y around the mean of y, and pairs that lose digits by
    cancellation are recomputed by subtraction.

    Args:
      x: [n, d].
      y: [m, d].
      block_size: rows of x per block; a block takes a few times 8 block_size m bytes.

    Yields:
      (first row of the block, float64 [rows, m]).
    """
    x, y = np.asarray(x), np.asarray(y)
    is_exact = _is_exact(x, y)
    y = np.asarray(y, np.float64)
    if y.shape[1] <= _FEW_FEATURES:
        for start in range(0, len(x), block_size):
            block = np.asarray(x[start : start + block_size], np.float64)
            yield start, cdist(block, y, "sqeuclidean")
        return
    center = np.zeros(y.shape[1]) if is_exact else y.mean(axis=0)
    offsets = y - center
    norms = np.einsum("ij,ij->i", offsets, offsets)
    for start in range(0, len(x), block_size):
        block = np.asarray(x[start : start + block_size], np.float64)
        rows = block - center
        scale = np.einsum("ij,ij->i", rows, rows)[:, None] + norms
        distances = scale - 2.0 * (rows @ offsets.T)
        if not is_exact:
            _recompute(distances, distances < _CANCELLED * scale, block, y)
        yield start, distances


def _recompute(
    distances: np.ndarray, canceled: np.ndarray, x: np.ndarray, y: np.ndarray
) -> None:
    """Recomputes the canceled ones of the distances [n, m] by subtraction."""
    whole = np.mean(canceled, axis=1) > _WHOLE_ROW
    if np.any(whole):
        distances[whole] = cdist(x[whole], y, "sqeuclidean")
        canceled[whole] = False
    row, column = np.nonzero(canceled)
    step = max(_PAIRS_AT_ONCE // max(x.shape[1], 1), 1)
    for start in range(0, len(row), step):
        i, j = row[start : start + step], column[start : start + step]
        difference = x[i] - y[j]
        distances[i, j] = np.einsum("ij,ij->i", difference, difference)


def _is_exact(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether sums of products of all rows are whole numbers that float64 holds."""
    if not all(np.issubdtype(a.dtype, np.integer) and a.size for a in (x, y)):
        return False
    largest = max(max(abs(int(a.min())), abs(int(a.max()))) for a in (x, y))
    return 4 * largest**2 * x.shape[1] < _EXACT


def check_features(**arrays: np.ndarray) -> list[np.ndarray]:
    """Converts [n, d] arrays of equal d to float64 copies.

    Raises:
      ValueError: an array is not [n, d], not finite, or of another d.
    """
    return [np.asarray(array, np.float64) for array in check_uncopied(**arrays)]


def check_uncopied(**arrays: np.ndarray) -> list[np.ndarray]:
    """Checks arrays as `check_features` does, and returns them in their own dtype."""
    checked: list[np.ndarray] = []
    for name, array in arrays.items():
        array = np.asarray(array)
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
