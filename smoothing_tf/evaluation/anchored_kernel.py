"""The cubic kernel relative to an anchor, summed over all pairs in blocks."""

from typing import NamedTuple

import numpy as np

# Blocks of 256 x 1024 float64 stay in the processor's cache.
_BLOCK_ROWS = 256
_BLOCK_COLUMNS = 1024


class _Sums(NamedTuple):
    """Sums of a matrix [m, n] over its columns, [m], and over its rows, [n]."""

    rows: np.ndarray
    columns: np.ndarray


class AnchoredKernel:
    """k(x, y) - k(x, c) - k(c, y) + k(c, c) with k(x, y) = (x.y / d + 1)^3.

    The maximum mean discrepancy is the same as with k, because the terms that depend
    on x alone or y alone cancel, and so is its unbiased estimate. But its values are
    as small as the differences of the features from the anchor c: with k itself, the
    discrepancy is a small difference of large numbers when the features share a large
    offset. With u = x - c, v = y - c, s = c.c / d + 1, a = c.u / d, b = c.v / d,
    w = u.v / d and t = s + a + b it is, without cancellation,

      w (3 t^2 + 3 t w + w^2) + 3 a b (s + t).

    Args:
      anchor: c, float64 [d].
    """

    def __init__(self, anchor: np.ndarray):
        self._anchor = anchor
        self._at_anchor = anchor @ anchor / len(anchor) + 1.0

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Computes the values, float64 [m, n], for x [m, d] and y [n, d]."""
        return self._values(*self._parts(x), *self._parts(y))

    def sum_within(self, x: np.ndarray) -> np.ndarray:
        """For each row of x [m, d], the sum over all other rows, float64 [m]."""
        u, a = self._parts(x)
        sums = np.zeros(len(x))
        for start in range(0, len(x), _BLOCK_ROWS):
            # The block on the diagonal, then those to its right; the matrix is
            # symmetric.
            rows = slice(start, start + _BLOCK_ROWS)
            block = self._values(u[rows], a[rows], u[rows], a[rows])
            np.fill_diagonal(block, 0.0)
            sums[rows] += block.sum(axis=1)
            for other in range(start + _BLOCK_ROWS, len(x), _BLOCK_COLUMNS):
                columns = slice(other, other + _BLOCK_COLUMNS)
                block = self._values(u[rows], a[rows], u[columns], a[columns])
                sums[rows] += block.sum(axis=1)
                sums[columns] += block.sum(axis=0)
        return sums

    def sum_across(self, x: np.ndarray, y: np.ndarray) -> _Sums:
        """Sums over the rows of y [n, d] and over those of x [m, d].

        Returns:
          `rows` float64 [m] and `columns` float64 [n] of the matrix of all pairs.
        """
        u, a = self._parts(x)
        v, b = self._parts(y)
        sums = _Sums(np.zeros(len(x)), np.zeros(len(y)))
        for start in range(0, len(x), _BLOCK_ROWS):
            rows = slice(start, start + _BLOCK_ROWS)
            for other in range(0, len(y), _BLOCK_COLUMNS):
                columns = slice(other, other + _BLOCK_COLUMNS)
                block = self._values(u[rows], a[rows], v[columns], b[columns])
                sums.rows[rows] += block.sum(axis=1)
                sums.columns[columns] += block.sum(axis=0)
        return sums

    def _parts(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Computes (u / sqrt d [m, d], a [m])."""
        offsets = x - self._anchor
        num_features = len(self._anchor)
        return offsets / np.sqrt(num_features), offsets @ self._anchor / num_features

    def _values(
        self, u: np.ndarray, a: np.ndarray, v: np.ndarray, b: np.ndarray
    ) -> np.ndarray:
        # The sum of the class' docstring, in place: first w (3 t^2 + 3 t w + w^2), then
        # 3 a b (s + t) is added.
        w = u @ v.T
        t = np.add.outer(self._at_anchor + a, b)
        values = t + w
        values *= t
        values *= 3.0
        values += w * w
        values *= w
        t += self._at_anchor
        t *= (3.0 * a)[:, None]
        t *= b
        values += t
        return values
