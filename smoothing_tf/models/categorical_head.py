"""The likelihood head with a free probability for each level."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.distributions import CategoricalLevels
from smoothing_tf.models.cells import Cells
from smoothing_tf.models.mixture_probabilities import softmax
from smoothing_tf.numerics import levels_to_unit

tfd = tfp.distributions


@dataclasses.dataclass(frozen=True)
class CategoricalHead:
    """A probability for each level of one channel, from L logits.

    Args:
      num_levels: number of levels L, e.g. 256.
    """

    num_levels: int

    @property
    def num_params(self) -> int:
        """Parameters per position: L."""
        return self.num_levels

    @property
    def is_location(self) -> np.ndarray:
        """0 for every parameter: none is a location."""
        return np.zeros(self.num_params, np.float32)

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """Logits [..., L] -> distribution with batch [...], event [1]."""
        return tfd.Independent(
            CategoricalLevels(params[..., None, :]), reinterpreted_batch_ndims=1
        )

    def noise(
        self, shape: Sequence[int], seed: tf.Tensor, dtype: tf.DType = tf.float32
    ) -> tf.Tensor:
        """Draws uniform noise on [0, 1), [*shape, 1]; `seed` is int32 [2]."""
        return tf.random.stateless_uniform([*shape, 1], seed, dtype=dtype)

    def draw(self, params: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Finds the level [..., 1] at which the cumulative mass exceeds `noise`."""
        cumulative = tf.cumsum(tf.nn.softmax(params), axis=-1)
        # Scaled by the rounded sum, so that a level without mass is never drawn.
        is_below = cumulative <= noise * cumulative[..., -1:]
        level = tf.reduce_sum(tf.cast(is_below, tf.int32), axis=-1, keepdims=True)
        return levels_to_unit(level, self.num_levels, params.dtype)

    def probabilities(
        self, params: np.ndarray, previous: np.ndarray, cells: Cells | None = None
    ) -> np.ndarray:
        """Computes the probabilities of the levels; see `Head.probabilities`."""
        del previous, cells
        return softmax(np.asarray(params, np.float64))

    def spread_bias(self, low: float = -1.0, high: float = 1.0) -> np.ndarray:
        """Returns a bias [L] that gives all levels the same mass; ignores the range."""
        del low, high
        return np.zeros(self.num_levels, np.float32)
