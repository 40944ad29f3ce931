"""The values that a continuous coordinate is rounded to when it is coded."""

from typing import NamedTuple

import numpy as np


class Cells(NamedTuple):
    """Points on the scale of the images, each of which stands for a cell.

    Attributes:
      points: float64, increasing along the last axis: [k] for all rows, or [n, k].
      have_extent: whether a point stands for all values that are nearest to it, those
        beyond the outer points included, so that its probability is a mass. If not, it
        stands for itself alone, as in a lattice that was shifted at random, and its
        probability is proportional to the density there.
    """

    points: np.ndarray
    have_extent: bool

    @property
    def edges(self) -> np.ndarray:
        """The borders between neighboring cells, [..., k - 1]."""
        return (self.points[..., :-1] + self.points[..., 1:]) / 2.0
