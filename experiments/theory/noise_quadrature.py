"""One-dimensional tools of the theory: mixtures, and integrals over the noise.

The integrals work for any smoothing distribution: they use nothing but its density.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from experiments.theory.kernel_check import check_kernel
from smoothing_tf.smoothing import Smoothing

tfd = tfp.distributions

# A density is negligible below exp(-40) times its peak.
_LOG_NEGLIGIBLE = -40.0
# Distance, in standard deviations, at which heavy tails are cut off.
_FARTHEST = 1024.0
# Range of the mass above 1 of kernels whose support extends slightly beyond its edges,
# as that of `Uniform` does.
_EXCESS = (1e-10, 1e-6)


def mixture(
    component: type[tfd.Distribution],
    weights: Sequence[float],
    locations: Sequence[float],
    scales: Sequence[float],
) -> tfd.Distribution:
    """Makes sum_k w_k component(location_k, scale_k), a scalar in float64.

    Args:
      component: location-scale family of the components.
      weights: w_k, which sum to 1.
      locations: locations of the components.
      scales: scales of the components.

    Returns:
      The mixture.
    """
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=np.log(weights)),
        component(np.array(locations), np.array(scales)),
    )


def noise_reach(smoothing: Smoothing) -> float:
    """Finds half the width of the interval around x that contains x~.

    Args:
      smoothing: q(x~ | x), whose density does not increase with the distance to x.

    Returns:
      The distance to the edge of a bounded support, or else the distance at which the
      density becomes negligible.
    """
    limit = _log_density(smoothing, np.zeros(1))[0] + _LOG_NEGLIGIBLE
    low, high = 0.0, _FARTHEST * smoothing.noise_scale
    for _ in range(6):
        points = np.linspace(low, high, 1001)
        last = np.flatnonzero(_log_density(smoothing, points) >= limit)[-1]
        low, high = points[last], points[min(last + 1, 1000)]
    # A bounded support is slightly too wide, to allow for rounding. Its true edge is
    # where the mass is 1.
    nodes, weights = _half_line_rule(low, 64)
    excess = 2.0 * weights @ np.exp(_log_density(smoothing, nodes)) - 1.0
    if _EXCESS[0] < excess < _EXCESS[1]:
        low -= excess / (2.0 * np.exp(_log_density(smoothing, np.array([low]))[0]))
    return float(low)


def noise_rule(
    smoothing: Smoothing, num_nodes: int = 64
) -> tuple[np.ndarray, np.ndarray]:
    """Computes nodes and weights of an expectation over x~ - x.

    Args:
      smoothing: q(x~ | x), whose density is smooth on either side of x.
      num_nodes: number of nodes on each side.

    Returns:
      (x~ - x, weights), each float64 [2 num_nodes]. The weights sum to the mass of
      the density within `noise_reach`.

    Raises:
      ValueError: the noise is not stationary, symmetric and of mass one.
    """
    check_kernel(smoothing)
    nodes, weights = _half_line_rule(noise_reach(smoothing), num_nodes)
    nodes = np.concatenate([-nodes[::-1], nodes])
    weights = np.concatenate([weights[::-1], weights])
    return nodes, weights * np.exp(_log_density(smoothing, nodes))


def _half_line_rule(reach: float, num_nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Computes Gauss-Legendre nodes and weights [num_nodes] on [0, reach]."""
    nodes, weights = np.polynomial.legendre.leggauss(num_nodes)
    return 0.5 * reach * (nodes + 1.0), 0.5 * reach * weights


def _log_density(smoothing: Smoothing, offsets: np.ndarray) -> np.ndarray:
    """Evaluates log q(0 + offset | 0), float64 [n], at offsets [n]."""
    around = tf.zeros([len(offsets), 1], tf.float64)
    return smoothing.distribution(around).log_prob(offsets[:, None]).numpy()
