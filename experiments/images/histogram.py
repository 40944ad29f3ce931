"""The simplest model of images with levels: independent dimensions."""

import math

import numpy as np


class IndependentHistogram:
    """P(x) = prod_d P_d(x_d), where P_d are the smoothed counts of the training split.

    Args:
      levels: training examples, integers 0 to L - 1, [n, ...event].
      num_levels: L, the number of levels.
      pseudo_count: number added to every count, so that no level is impossible.
    """

    def __init__(self, levels: np.ndarray, num_levels: int, pseudo_count: float = 1.0):
        flat = levels.reshape(len(levels), -1)
        counts = np.stack(
            [np.sum(flat == level, axis=0) for level in range(num_levels)]
        )
        counts = counts + pseudo_count
        self._log_mass = np.log(counts / counts.sum(axis=0))

    @property
    def num_parameters(self) -> int:
        """Number of free probabilities, L - 1 for each dimension."""
        num_levels, num_dims = self._log_mass.shape
        return (num_levels - 1) * num_dims

    def bits_per_dim(self, levels: np.ndarray) -> np.ndarray:
        """Scores examples.

        Args:
          levels: examples, integers 0 to L - 1, [n, ...event].

        Returns:
          Bits per dimension of each example, float64 [n].
        """
        flat = levels.reshape(len(levels), -1)
        nats = -np.take_along_axis(self._log_mass, flat.astype(np.int64), axis=0)
        return nats.mean(axis=1) / math.log(2.0)
