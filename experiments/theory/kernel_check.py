"""Checks that a smoothing distribution meets the premises of the theory."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from smoothing_tf.smoothing import Smoothing

# Tolerance relative to the peak of the density. Kernels of bounded support extend
# slightly beyond their edges to allow for rounding, so that their mass exceeds 1 by up
# to 1e-6.
_TOLERANCE = 1e-5
_NUM_POSITIONS = 41
# Positions advance by this share of the range, modulo 1. No period divides it, so noise
# that depends on x periodically, or through rounding, differs between positions.
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
# Distances from x in units of the noise scale, 40 per decade.
_DISTANCES = np.geomspace(1e-6, 1e6, 481)
# Edges of the pieces of an integral over the distance, in the same unit. The tail of a
# Cauchy distribution beyond the last edge has a mass of 1e-11.
_EDGES = np.concatenate([[0.0], np.geomspace(1e-6, 1e11, 69)])
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_INTEGRATION_ERROR = 3e-8
_MAX_HALVINGS = 50


def check_kernel(smoothing: Smoothing, low: float = -10.0, high: float = 10.0) -> None:
    """Checks that noise is stationary, symmetric and of mass one.

    Theorem 1 and Proposition 1 assume q(x~ | x) = q(x~ - x) with q(-e) = q(e) and
    integral q = 1. The density is evaluated on a grid of distances at many x. The mass
    is an adaptive integral, which finds a peak at distance r from x only if it is wider
    than about r / 100.

    Args:
      smoothing: q(x~ | x), of any width, with tails no heavier than Cauchy's.
      low: smallest x to check.
      high: largest x to check.

    Raises:
      ValueError: a premise fails; the message says which, where and by how much.
    """
    name = type(smoothing).__name__
    shares = (np.arange(1, _NUM_POSITIONS) * _GOLDEN) % 1.0
    positions = np.concatenate([[0.0, low, high], low + (high - low) * shares])
    distances = smoothing.noise_scale * _DISTANCES
    offsets = np.concatenate([-distances[::-1], distances])
    density = _density(smoothing, positions[:, None], offsets)
    if not np.all(np.isfinite(density)):
        row, column = np.argwhere(~np.isfinite(density))[0]
        raise ValueError(
            f"The density of the smoothing distribution {name} must be finite; got"
            f" {density[row, column]} at x = {positions[row]:.6g}, x~ - x ="
            f" {offsets[column]:.6g}."
        )
    peak = density[0].max()
    # The peak at x = 0 alone would not do: a kernel may vanish there and not elsewhere.
    tolerance = _TOLERANCE * max(peak, density.max())
    change = np.abs(density - density[0])
    if change.max() > tolerance:
        row, column = np.unravel_index(np.argmax(change), change.shape)
        raise ValueError(
            f"The smoothing distribution {name} must be stationary, a function of"
            f" x~ - x alone; got densities of {density[0, column]:.6g} at x = 0 and"
            f" {density[row, column]:.6g} at x = {positions[row]:.6g}, both at x~ - x ="
            f" {offsets[column]:.6g}."
        )
    skew = np.abs(density[0] - density[0, ::-1])
    if skew.max() > tolerance:
        column = int(np.argmax(skew))
        raise ValueError(
            f"The smoothing distribution {name} must be symmetric about x; got"
            f" densities of {density[0, column]:.6g} and {density[0, -1 - column]:.6g}"
            f" at x~ - x = {offsets[column]:.6g} and {offsets[-1 - column]:.6g}."
        )
    mass = 2.0 * _integral(
        lambda distance: _density(smoothing, np.zeros(1), distance),
        smoothing.noise_scale * _EDGES,
    )
    if not abs(mass - 1.0) <= _TOLERANCE:
        raise ValueError(
            f"The density of the smoothing distribution {name} must have an integral of"
            f" 1 over x~; got {mass:.6g}."
        )


def _density(smoothing: Smoothing, x: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Evaluates q(x + offset | x), float64, for x and offsets that broadcast."""
    x, offsets = np.broadcast_arrays(x, offsets)
    noise = smoothing.distribution(tf.constant(x.reshape(-1, 1)))
    log_prob = noise.log_prob((x + offsets).reshape(-1, 1)).numpy()
    with np.errstate(over="ignore"):
        return np.exp(log_prob).reshape(x.shape)


def _integral(function: Callable[[np.ndarray], np.ndarray], edges: np.ndarray) -> float:
    """Integrates adaptively by Gauss-Legendre, halving pieces that contain a jump."""

    def rule(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        half = (high - low) / 2.0
        points = ((low + high) / 2.0)[:, None] + half[:, None] * _NODES
        return half * (function(points.reshape(-1)).reshape(points.shape) @ _WEIGHTS)

    low, high = edges[:-1], edges[1:]
    total = 0.0
    for halving in range(_MAX_HALVINGS):
        middle = (low + high) / 2.0
        whole, first, second = np.split(
            rule(
                np.concatenate([low, low, middle]), np.concatenate([high, middle, high])
            ),
            3,
        )
        error = np.abs(whole - first - second)
        is_done = (error < _INTEGRATION_ERROR) | (halving == _MAX_HALVINGS - 1)
        total += np.sum((first + second)[is_done])
        low, middle, high = low[~is_done], middle[~is_done], high[~is_done]
        if not len(low):
            break
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return float(total)
