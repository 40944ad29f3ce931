"""The simplest model of images with levels: every dimension by itself."""

import math

import numpy as np


class IndependentHistogram:
    """P(x) = prod_d P_d(x_d), each P_d the smoothed counts of the training split.

    Args:
      levels: whole numbers [n, ...event], 0 to num_levels - 1.
      num_levels: L.
      pseudo_count: added to every count, so that no level is impossible.
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
        """L - 1 free probabilities for each dimension."""
        num_levels, num_dims = self._log_mass.shape
        return (num_levels - 1) * num_dims

    def bits_per_dim(self, levels: np.ndarray) -> np.ndarray:
        """Bits per dimension of each example, float64 [n], of levels [n, ...event]."""
        flat = levels.reshape(len(levels), -1)
        nats = -np.take_along_axis(self._log_mass, flat.astype(np.int64), axis=0)
        return nats.mean(axis=1) / math.log(2.0)
