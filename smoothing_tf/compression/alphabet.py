"""The values that the symbols of a coder stand for."""

import dataclasses

import numpy as np
import tensorflow as tf

from smoothing_tf.models.cells import Cells
from smoothing_tf.numerics import levels_to_unit


@dataclasses.dataclass(frozen=True)
class Alphabet:
    """The values that each coordinate of an example can have.

    Attributes:
      points: the values on the scale of the images, float64: [k] for all coordinates,
        or [num_dims, b, k] for those of each example of a batch.
      have_extent: as for `Cells`; None for the levels of a discrete head.
    """

    points: np.ndarray
    have_extent: bool | None

    @classmethod
    def of_levels(cls, num_levels: int) -> "Alphabet":
        """Returns the levels 0, ..., num_levels - 1 of the data."""
        unit = levels_to_unit(np.arange(num_levels), num_levels, tf.float64)
        return cls(unit.numpy(), None)

    def cells(self, dim: int) -> Cells | None:
        """Returns the cells of a coordinate, for `Head.probabilities`."""
        if self.have_extent is None:
            return None
        return Cells(self._points_at(dim), self.have_extent)

    def values(self, dim: int, symbols: np.ndarray) -> np.ndarray:
        """Looks up the values of the symbols [b] of a coordinate, float32 [b]."""
        points = self._points_at(dim)
        if points.ndim == 1:
            found = points[symbols]
        else:
            found = np.take_along_axis(points, symbols[:, None], axis=1)[:, 0]
        return found.astype(np.float32)

    def all_values(self, symbols: np.ndarray) -> np.ndarray:
        """Looks up the values of whole examples, float32 of the shape of `symbols`."""
        flat = symbols.reshape(len(symbols), -1)
        found = [self.values(dim, flat[:, dim]) for dim in range(flat.shape[1])]
        return np.stack(found, axis=1).reshape(symbols.shape)

    def _points_at(self, dim: int) -> np.ndarray:
        return self.points if self.points.ndim == 1 else self.points[dim]
