"""Probabilities under mixtures of logistics, for arithmetic coding.

They are float64 and computed by NumPy in one thread, so that an encoder and a decoder
that give the same parameters in arrays of the same shape get the same bits back.
"""

import math
from typing import NamedTuple

import numpy as np

from smoothing_tf.models.cells import Cells

# The largest logarithm whose exponential is finite is 709.
_MAX_LOG_SCALE = 700.0


class Logistics(NamedTuple):
    """The components of n mixtures in one channel, each float64 [n, k].

    Attributes:
      log_weights: logarithms of the weights, up to a constant of each row.
      loc: locations.
      scale: scales.
    """

    log_weights: np.ndarray
    loc: np.ndarray
    scale: np.ndarray

    def weights(self) -> np.ndarray:
        """Computes the normalized weights, [n, k]."""
        return softmax(self.log_weights)

    def cell_masses(self, edges: np.ndarray) -> np.ndarray:
        """Computes the masses between neighboring edges, and beyond the outer ones.

        Args:
          edges: increasing, [m] or [n, m].

        Returns:
          float64 [n, m + 1]. Each has an absolute error of about 1e-16.
        """
        # The cumulative mass is 1/2 + 1/2 sum_k w_k tanh(z_k / 2).
        half = np.expand_dims(np.atleast_2d(edges), 1) - self.loc[..., None]
        half *= 0.5 / self.scale[..., None]
        np.tanh(half, out=half)
        weighted = np.einsum("nk,nkm->nm", self.weights(), half)
        ones = np.ones([len(weighted), 1])
        masses = np.diff(np.concatenate([-ones, weighted, ones], axis=1), axis=1)
        return np.maximum(masses, 0.0) / 2.0

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Computes the log densities of the components.

        Args:
          values: [n, m] or [m].

        Returns:
          float64 [n, k, m].
        """
        z = np.expand_dims(np.atleast_2d(values), 1) - self.loc[..., None]
        z = np.abs(z / self.scale[..., None])
        return -z - 2.0 * np.log1p(np.exp(-z)) - np.log(self.scale)[..., None]

    def log_interval_mass(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Computes the log mass that each component has between two values.

        Args:
          low: lower ends [n]; -inf for none.
          high: upper ends [n], above `low`; inf for none.

        Returns:
          float64 [n, k], exact in the tails too.
        """
        # With a = (high - loc) / scale and b = (low - loc) / scale, it is
        # log(1 - exp(b - a)) - softplus(-a) - softplus(b).
        a = (high[:, None] - self.loc) / self.scale
        b = (low[:, None] - self.loc) / self.scale
        size = (high - low)[:, None] / self.scale
        return np.log(-np.expm1(-size)) - _softplus(-a) - _softplus(b)


def split_channel(
    params: np.ndarray,
    previous: np.ndarray,
    num_channels: int,
    limits: tuple[float, float],
) -> Logistics:
    """Reads the components of the next channel from the parameters of a head.

    Args:
      params: parameters in the layout of `LogisticMixtureHead`, [n, num_params].
      previous: values of the channels so far, [n, c] with c < num_channels.
      num_channels: number of channels C.
      limits: limits of the log-scales.

    Returns:
      The components of channel c, their locations shifted by the channels so far. The
      weights are those before these channels were seen.
    """
    params = np.asarray(params, np.float64)
    num_mixtures = params.shape[1] // (3 if num_channels == 1 else 10)
    rest = params[:, num_mixtures:].reshape(len(params), num_channels, -1, num_mixtures)
    channel = previous.shape[1]
    loc = rest[:, channel, 0]
    first = channel * (channel - 1) // 2
    for offset in range(channel):
        coefficient = np.tanh(rest[:, first + offset, 2])
        loc = loc + coefficient * previous[:, offset, None]
    low, high = limits
    scale = np.exp(np.clip(rest[:, channel, 1], low, min(high, _MAX_LOG_SCALE)))
    return Logistics(params[:, :num_mixtures], loc, scale)


def level_probabilities(
    params: np.ndarray,
    previous: np.ndarray,
    num_channels: int,
    num_levels: int,
    limits: tuple[float, float],
) -> np.ndarray:
    """Computes the probabilities of the levels of the next channel.

    Args:
      params: as for `split_channel`, as are `previous`, `num_channels` and `limits`.
      previous: values of the channels so far.
      num_channels: number of channels.
      num_levels: number of levels L.
      limits: limits of the log-scales.

    Returns:
      float64 [n, L], each row normalized.
    """
    points = 2.0 * np.arange(num_levels) / (num_levels - 1) - 1.0
    return cell_probabilities(
        params, previous, num_channels, Cells(points, True), limits
    )


def cell_probabilities(
    params: np.ndarray,
    previous: np.ndarray,
    num_channels: int,
    cells: Cells,
    limits: tuple[float, float],
) -> np.ndarray:
    """Computes the probabilities of the cells of the next channel.

    Args:
      params: as for `split_channel`, as are `previous`, `num_channels` and `limits`.
      previous: values of the channels so far; points of the cells up to rounding.
      num_channels: number of channels.
      cells: the cells; of channels with extent the same for all rows and channels.
      limits: limits of the log-scales.

    Returns:
      float64 [n, k], each row normalized.
    """
    seen: np.ndarray | float = 0.0
    for channel in range(previous.shape[1]):
        part = split_channel(params, previous[:, :channel], num_channels, limits)
        seen = seen + _log_likelihood(part, previous[:, channel], cells)
    part = split_channel(params, previous, num_channels, limits)
    part = part._replace(log_weights=part.log_weights + seen)
    if cells.have_extent:
        return normalize(part.cell_masses(cells.edges))
    log_density = part.log_density(cells.points) + part.log_weights[..., None]
    highest = np.max(log_density, axis=1, keepdims=True)
    total = np.log(np.sum(np.exp(log_density - highest), axis=1)) + highest[:, 0]
    return softmax(total)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Computes probabilities from logits along the last axis."""
    return normalize(np.exp(logits - np.max(logits, axis=-1, keepdims=True)))


def normalize(weights: np.ndarray) -> np.ndarray:
    """Divides weights by their sum along the last axis."""
    return weights / np.sum(weights, axis=-1, keepdims=True)


def _log_likelihood(part: Logistics, values: np.ndarray, cells: Cells) -> np.ndarray:
    """Computes what each component gives to the values [n] of a channel, [n, k]."""
    if not cells.have_extent:
        return part.log_density(values[:, None])[..., 0]
    edges = np.concatenate([[-math.inf], cells.edges, [math.inf]])
    index = np.searchsorted(cells.edges, values)
    return part.log_interval_mass(edges[index], edges[index + 1])


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
