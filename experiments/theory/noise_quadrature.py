"""Integrals over the noise of any smoothing distribution, from its density alone."""

import numpy as np
import tensorflow as tf

from experiments.theory.kernel_check import check_kernel
from smoothing_tf.smoothing import Smoothing

# A density below exp(-40) of its peak is next to nothing.
_LOG_NOTHING = -40.0
# In units of the standard deviation; heavier tails are cut off there.
_FARTHEST = 1024.0
# By so much may a kernel of bounded support reach beyond its edges; see `Uniform`.
_EXCESS = (1e-10, 1e-6)


def half_line(reach: float, num_nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights [num_nodes] of Gauss and Legendre over [0, reach]."""
    nodes, weights = np.polynomial.legendre.leggauss(num_nodes)
    return 0.5 * reach * (nodes + 1.0), 0.5 * reach * weights


def reach_of(smoothing: Smoothing) -> float:
    """Half the width of the interval around x that holds x~.

    The edge of a bounded support, or else where the density is next to nothing; it
    must not rise with the distance to x.
    """
    limit = _log_density(smoothing, np.zeros(1))[0] + _LOG_NOTHING
    low, high = 0.0, _FARTHEST * smoothing.noise_scale
    for _ in range(6):
        points = np.linspace(low, high, 1001)
        last = np.flatnonzero(_log_density(smoothing, points) >= limit)[-1]
        low, high = points[last], points[min(last + 1, 1000)]
    # Draws of a bounded support are possible a little beyond it, for rounding: its
    # edge is where the mass is 1.
    nodes, weights = half_line(low, 64)
    excess = 2.0 * weights @ np.exp(_log_density(smoothing, nodes)) - 1.0
    if _EXCESS[0] < excess < _EXCESS[1]:
        low -= excess / (2.0 * np.exp(_log_density(smoothing, np.array([low]))[0]))
    return float(low)


def noise_rule(
    smoothing: Smoothing, num_nodes: int = 64
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of an expectation over x~ - x.

    Args:
      smoothing: q(x~ | x); its density is smooth on either side of x.
      num_nodes: on each side.

    Returns:
      (x~ - x, weights), each float64 [2 num_nodes]. The weights sum to the mass of
      the density as far as `reach_of` goes.

    Raises:
      ValueError: the noise is not stationary, symmetric and of mass one.
    """
    check_kernel(smoothing)
    nodes, weights = half_line(reach_of(smoothing), num_nodes)
    nodes = np.concatenate([-nodes[::-1], nodes])
    weights = np.concatenate([weights[::-1], weights])
    return nodes, weights * np.exp(_log_density(smoothing, nodes))


def _log_density(smoothing: Smoothing, offsets: np.ndarray) -> np.ndarray:
    around = tf.zeros([len(offsets), 1], tf.float64)
    return smoothing.distribution(around).log_prob(offsets[:, None]).numpy()
