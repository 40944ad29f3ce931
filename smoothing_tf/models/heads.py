"""Likelihood heads, which turn the parameters of a backbone into a distribution."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.distributions import DiscretizedLogisticMixture, LogisticMixture
from smoothing_tf.models import mixture_probabilities
from smoothing_tf.models.categorical_head import CategoricalHead
from smoothing_tf.models.cells import Cells
from smoothing_tf.models.head_setting import HEADS
from smoothing_tf.numerics import levels_to_unit, unit_to_levels
from smoothing_tf.settings import choose

tfd = tfp.distributions

# Limits of a component's log-scale on [-1, 1]. The floor is that of the authors; the
# ceiling keeps float32 gradients of a discretized logistic finite.
LOG_SCALE_FLOOR = -7.0
LOG_SCALE_CEILING = 5.0


class Head(Protocol):
    """The interface that a head offers to a backbone.

    Attributes:
      num_params: number of parameters per position.
      is_location: float [num_params], 1 for each location of the first channel.
    """

    @property
    def num_params(self) -> int: ...

    @property
    def is_location(self) -> np.ndarray: ...

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """[..., num_params] -> distribution with batch [...], event [num_channels]."""

    def noise(
        self, shape: Sequence[int], seed: tf.Tensor, dtype: tf.DType = tf.float32
    ) -> tf.Tensor:
        """Draws standard noise [*shape, num_noise] for `draw`; `seed` is int32 [2]."""

    def draw(self, params: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Draws a sample of `distribution(params)`, [..., num_channels].

        All randomness is in the noise [..., num_noise]. Two ways to compute the
        parameters can therefore be compared by their samples.
        """

    def probabilities(
        self, params: np.ndarray, previous: np.ndarray, cells: Cells | None = None
    ) -> np.ndarray:
        """Computes the probabilities that an arithmetic coder needs.

        Args:
          params: parameters of n positions, floating [n, num_params].
          previous: values of the channels of the position so far, floating [n, c] with
            c < num_channels.
          cells: cells that a continuous channel is rounded to; None for a head over
            the levels of the data, which has no others.

        Returns:
          Probabilities of the levels or cells of channel c given those before it,
          float64 [n, k], each row normalized.
        """

    def spread_bias(self, low: float = -1.0, high: float = 1.0) -> np.ndarray:
        """Returns initial parameters [num_params] of a wide conditional."""


@dataclasses.dataclass(frozen=True)
class LogisticMixtureHead:
    """Continuous mixture of logistics over the channels of one position.

    The parameters are laid out as in PixelCNN++: K logits, and then per channel
    [K locations | K log-scales], followed by K coefficients before tanh if there are
    three channels.

    Args:
      num_channels: number of channels, 1 or 3.
      num_mixtures: number of components K.

    Raises:
      ValueError: the number of channels is neither 1 nor 3.
    """

    num_channels: int
    num_mixtures: int

    def __post_init__(self):
        if self.num_channels not in (1, 3):
            raise ValueError(
                "A mixture of logistics needs images of 1 or 3 channels; got"
                f" {self.num_channels}."
            )

    @property
    def num_params(self) -> int:
        """Parameters per position: 3 K for one channel, 10 K for three."""
        return self.num_mixtures * (3 if self.num_channels == 1 else 10)

    @property
    def is_location(self) -> np.ndarray:
        """1 for each parameter that is a location of the first channel, 0 otherwise."""
        is_location = np.zeros(self.num_params, np.float32)
        is_location[self.num_mixtures : 2 * self.num_mixtures] = 1.0
        return is_location

    def split(self, params: tf.Tensor) -> dict[str, tf.Tensor | None]:
        """Splits [..., num_params] into the arguments of a mixture."""
        num_mixtures, num_channels = self.num_mixtures, self.num_channels
        params = tf.ensure_shape(
            params, [None] * (params.shape.rank - 1) + [self.num_params]
        )
        logits, rest = tf.split(
            params, [num_mixtures, self.num_params - num_mixtures], axis=-1
        )
        num_kinds = 2 if num_channels == 1 else 3
        shape = [num_channels, num_kinds, num_mixtures]
        rest = tf.reshape(rest, tf.concat([tf.shape(rest)[:-1], shape], axis=0))
        loc, log_scale, *more = (
            tf.linalg.matrix_transpose(part) for part in tf.unstack(rest, axis=-2)
        )
        coefficients = tf.tanh(more[0]) if more else None
        return {
            "logits": logits,
            "loc": loc,
            "log_scale": tf.maximum(log_scale, LOG_SCALE_FLOOR),
            "coefficients": coefficients,
        }

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """[..., num_params] -> mixture with batch [...], event [num_channels]."""
        return LogisticMixture(**self.split(params))

    def noise(
        self, shape: Sequence[int], seed: tf.Tensor, dtype: tf.DType = tf.float32
    ) -> tf.Tensor:
        """Draws Gumbel noise for the components and logistic noise for the channels.

        Args:
          shape: shape of the positions.
          seed: int32 [2].
          dtype: floating dtype of the noise.

        Returns:
          [*shape, num_mixtures + num_channels].
        """
        num_noise = self.num_mixtures + self.num_channels
        uniform = tf.random.stateless_uniform([*shape, num_noise], seed, dtype=dtype)
        # Moves each value to the middle of its step, which is symmetric around 1/2.
        uniform += np.finfo(dtype.as_numpy_dtype).eps / 2
        gumbel = -tf.math.log(-tf.math.log(uniform[..., : self.num_mixtures]))
        uniform = uniform[..., self.num_mixtures :]
        logistic = tf.math.log(uniform) - tf.math.log1p(-uniform)
        return tf.concat([gumbel, logistic], axis=-1)

    def draw(self, params: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Computes the sample [..., num_channels] that belongs to `noise`."""
        parts = self.split(params)
        gumbel = noise[..., : self.num_mixtures]
        component = tf.argmax(parts["logits"] + gumbel, axis=-1)
        is_chosen = tf.one_hot(component, self.num_mixtures, dtype=params.dtype)
        chosen = {
            name: tf.reduce_sum(is_chosen[..., None] * value, axis=-2)
            for name, value in parts.items()
            if name != "logits" and value is not None
        }
        step = tf.exp(chosen["log_scale"]) * noise[..., self.num_mixtures :]
        channels: list[tf.Tensor] = []
        for index in range(self.num_channels):
            value = chosen["loc"][..., index] + step[..., index]
            first = index * (index - 1) // 2
            for offset, previous in enumerate(channels):
                value += chosen["coefficients"][..., first + offset] * previous
            channels.append(self._round(value))
        return tf.stack(channels, axis=-1)

    def probabilities(
        self, params: np.ndarray, previous: np.ndarray, cells: Cells | None = None
    ) -> np.ndarray:
        """Computes the probabilities of cells; see `Head.probabilities`."""
        if cells is None:
            raise ValueError("`cells` must be given for a continuous head; got None.")
        limits = (LOG_SCALE_FLOOR, math.inf)
        return mixture_probabilities.cell_probabilities(
            params, previous, self.num_channels, cells, limits
        )

    def _round(self, value: tf.Tensor) -> tf.Tensor:
        """Rounds a channel to a possible value before it shifts the next one."""
        return value

    def spread_bias(self, low: float = -1.0, high: float = 1.0) -> np.ndarray:
        """Returns a bias [num_params] that spreads locations evenly over [low, high].

        Components that start at the same location often stay together, which is a
        local minimum.
        """
        edges = np.linspace(low, high, self.num_mixtures + 1)
        loc = (edges[1:] + edges[:-1]) / 2
        log_scale = np.full_like(loc, np.log((high - low) / (2 * self.num_mixtures)))
        per_channel = [loc, log_scale]
        if self.num_channels == 3:
            per_channel.append(np.zeros_like(loc))
        parts = [np.zeros_like(loc)] + per_channel * self.num_channels
        return np.concatenate(parts).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class DiscretizedLogisticMixtureHead(LogisticMixtureHead):
    """Discretized mixture of logistics over the levels of the data.

    Args:
      num_channels: number of channels, 1 or 3.
      num_mixtures: number of components K.
      num_levels: number of levels L, e.g. 256.
    """

    num_levels: int

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """[..., num_params] -> mixture with batch [...], event [num_channels]."""
        return DiscretizedLogisticMixture(
            **self.split(params), num_levels=self.num_levels
        )

    def split(self, params: tf.Tensor) -> dict[str, tf.Tensor | None]:
        """Splits [..., num_params] into the arguments of a mixture."""
        arguments = super().split(params)
        arguments["log_scale"] = tf.minimum(arguments["log_scale"], LOG_SCALE_CEILING)
        return arguments

    def probabilities(
        self, params: np.ndarray, previous: np.ndarray, cells: Cells | None = None
    ) -> np.ndarray:
        """Computes the probabilities of the levels; see `Head.probabilities`."""
        del cells
        return mixture_probabilities.level_probabilities(
            params,
            previous,
            self.num_channels,
            self.num_levels,
            (LOG_SCALE_FLOOR, LOG_SCALE_CEILING),
        )

    def _round(self, value):
        levels = unit_to_levels(value, self.num_levels)
        return levels_to_unit(levels, self.num_levels, value.dtype)


_STAGES_DIFFER = (
    "p(x~) is always continuous: use --reverse_head and --baseline_head instead."
)


def continuous_head(
    num_channels: int, num_mixtures: int, num_levels: int | None
) -> Head:
    """Makes a mixture of logistics for continuous data; see `make_head`."""
    if num_levels is not None:
        # A density is not a probability; it would be reported as very few bits.
        raise ValueError(
            "`head` must be discretized_logistic_mixture for data with levels; got"
            f" 'logistic_mixture' for data with {num_levels} levels. Use"
            " --smoothed_head to set the head of p(x~) only."
        )
    return LogisticMixtureHead(num_channels, num_mixtures)


def discretized_head(
    num_channels: int, num_mixtures: int, num_levels: int | None
) -> Head:
    """Makes a discretized mixture of logistics for data with levels; likewise."""
    if num_levels is None:
        raise ValueError(
            "`head` must be logistic_mixture for continuous data; got"
            f" 'discretized_logistic_mixture', which needs levels. {_STAGES_DIFFER}"
        )
    return DiscretizedLogisticMixtureHead(num_channels, num_mixtures, num_levels)


def categorical_head(
    num_channels: int, num_mixtures: int, num_levels: int | None
) -> Head:
    """Makes a probability for each level of one channel; likewise."""
    del num_mixtures
    if num_levels is None:
        raise ValueError(
            "`head` must be logistic_mixture for continuous data; got 'categorical',"
            f" which needs levels. {_STAGES_DIFFER}"
        )
    if num_channels != 1:
        raise ValueError(
            "`head` must be discretized_logistic_mixture for a model that draws the"
            f" {num_channels} channels of a pixel together; got 'categorical', which"
            " draws one channel at a time."
        )
    return CategoricalHead(num_levels)


def make_head(
    name: str | None, num_channels: int, num_mixtures: int, num_levels: int | None
) -> Head:
    """Makes the head of a configuration.

    Args:
      name: a key of HEADS; None chooses a discretized head for data with levels and
        a continuous one otherwise.
      num_channels: number of channels modeled together at one position.
      num_mixtures: number of components K of the mixture.
      num_levels: number of levels of the data, or None if it is continuous.

    Raises:
      ValueError: the name is unknown, or the head does not fit the data.
    """
    if name is None:
        is_discrete = num_levels is not None
        name = "discretized_logistic_mixture" if is_discrete else "logistic_mixture"
    return choose(HEADS, name, "head")(num_channels, num_mixtures, num_levels)
