"""The part that autoregressive models share: a network of parameters and a head."""

import abc
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from smoothing_tf.models.ancestral import State, ancestral_walk
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.heads import Head
from smoothing_tf.numerics import sum_rightmost
from smoothing_tf.seeds import example_seeds, per_example, seed_tensor


class AutoregressiveModel(DensityModel):
    """p(x) = prod_i p(x_i | x_<i): `call` computes parameters, `head` their density.

    Args:
      event_shape: shape of one x.
      num_channels: number of channels modeled together at one position.
      head: likelihood of one position.
      takes_x_smoothed: whether the density is conditional on x~.
      num_classes: number of classes; None for a density that takes no labels.
      **kwargs: `name` and `dtype` of `keras.Model`.
    """

    is_autoregressive = True

    def __init__(
        self,
        event_shape: tuple[int, ...],
        num_channels: int,
        head: Head,
        takes_x_smoothed: bool = False,
        num_classes: int | None = None,
        **kwargs,
    ):
        super().__init__(event_shape, takes_x_smoothed, num_classes, **kwargs)
        self.num_channels = num_channels
        self.head = head

    @abc.abstractmethod
    def call(
        self,
        x: tf.Tensor,
        condition: Condition | None = None,
        dropout_seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Parameters of every position, [batch, ...position_shape, num_params]."""

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        x = tf.convert_to_tensor(x)
        condition = self.check_arguments(x, condition)
        params = self(x, condition=condition, dropout_seed=dropout_seed)
        return self._log_prob_given(params, x)

    def log_prob_detached(
        self, x: tf.Tensor, condition: Condition | None = None
    ) -> tf.Tensor:
        """`log_prob` whose gradient treats the network's output as a constant.

        See `single_step_denoise`.
        """
        x = tf.convert_to_tensor(x)
        condition = self.check_arguments(x, condition)
        return self._log_prob_given(tf.stop_gradient(self(x, condition=condition)), x)

    def _log_prob_given(self, params: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        distribution = self.head.distribution(tf.cast(params, x.dtype))
        positions = params.shape.rank - 2
        shape = tf.concat([tf.shape(params)[:-1], [self.num_channels]], axis=0)
        log_prob = distribution.log_prob(tf.reshape(x, shape))
        return sum_rightmost(log_prob, positions)

    def sample(self, num_samples, condition=None, *, seed):
        condition = self.check_arguments(None, condition)
        self.check_num_samples(num_samples)
        num_samples = tf.convert_to_tensor(num_samples, tf.int32)
        condition = condition.map(tf.convert_to_tensor)
        # Two arguments, each of a fixed rank: tf.function would relax the rank of one.
        seed, seeds = seed_tensor(seed), None
        if seed.shape.rank == 2:
            num_rows = 1 if condition.is_empty else condition.num_rows()
            seed, seeds = None, example_seeds(seed, num_samples * num_rows)
        return self._sample(num_samples, condition, seed, seeds)

    # It has no Python control flow to convert, and AutoGraph would take longer than
    # the rest of tracing.
    @tf.function(reduce_retracing=True, autograph=False)
    def _sample(self, num_samples, condition, seed, seeds):
        shape, batch_size = [num_samples], num_samples
        if not condition.is_empty:
            # The walk draws one flat batch, with every row num_samples times.
            num_rows = condition.num_rows()
            batch_size = num_samples * num_rows
            shape = [num_samples, num_rows]
            condition = condition.tile(num_samples)
        noise = self._noise(example_seeds(seed, batch_size) if seeds is None else seeds)
        return tf.reshape(self.draw(noise, condition), [*shape, *self.event_shape])

    def _noise(self, seeds: tf.Tensor) -> tf.Tensor:
        """Draws the noise of samples from their seeds [b, 2], float32."""
        return per_example(
            lambda seed: self.head.noise([1, *self.position_shape], seed),
            "ancestral",
            seeds,
            dtype=tf.float32,
        )

    def redraw(self, x, condition=None, *, seed):
        x = tf.convert_to_tensor(x)
        noise = self._noise(example_seeds(seed_tensor(seed), tf.shape(x)[0]))
        return self.redraw_from(noise, x, condition)

    def redraw_from(
        self, noise: tf.Tensor, x: tf.Tensor, condition: Condition | None = None
    ) -> tf.Tensor:
        """Draws every position given the earlier positions of `x`, in one pass.

        Args:
          noise: noise of the head, [b, ...position_shape, num_noise].
          x: samples, float32 [b, ...event_shape].
          condition: condition of each sample, or None.

        Returns:
          float32 [b, ...event_shape]; `x` up to rounding if and only if it is what
          `draw` makes of the noise.
        """
        condition = self.check_arguments(x, condition).map(tf.convert_to_tensor)
        params = tf.cast(self(x, condition=condition), noise.dtype)
        # Some networks flatten the positions.
        shape = tf.concat([tf.shape(params)[:-1], tf.shape(noise)[-1:]], axis=0)
        noise = tf.reshape(noise, shape)
        return tf.reshape(self.head.draw(params, noise), tf.shape(x))

    def draw(self, noise: tf.Tensor, condition: Condition | None = None) -> tf.Tensor:
        """Draws every position from its conditional, as a function of the noise.

        Args:
          noise: noise of the head, [b, ...position_shape, num_noise].
          condition: x~ [b, ...event_shape] and labels [b], or None.

        Returns:
          [b, ...event_shape], in the dtype of the noise.
        """

        def visit(params, place, state):
            return self.head.draw(params, place.of(noise)), state

        return self.walk(tf.shape(noise)[0], condition, visit, (), noise.dtype)[0]

    @property
    def position_shape(self) -> tuple[int, ...]:
        """Event shape without the channels that are modeled together."""
        if self.event_shape[-1] == self.num_channels:
            return self.event_shape[:-1]
        return self.event_shape

    def walk(
        self,
        batch_size: int | tf.Tensor,
        condition: Condition | None,
        visit: Callable[[tf.Tensor, Any, State], tuple[tf.Tensor, State]],
        state: State,
        dtype: tf.DType = tf.float32,
        resample: Callable[[tf.Tensor, State], tuple[tf.Tensor, State]] | None = None,
    ) -> tuple[tf.Tensor, State, tf.Tensor]:
        """Visits every position once, in raster order, with its parameters.

        Args:
          batch_size: scalar integer b.
          condition: x~ [b, ...event_shape] and labels [b], or None.
          visit: (parameters [b, num_params] in `dtype`, place, state) -> (value of
            the channels at the place [b, num_channels], state). `place.of` maps
            [b, ...position_shape, n] to [b, n].
          state: initial state of the caller, tensors [b, ...] in any nesting.
          dtype: dtype of x.
          resample: (row, state) -> (ancestors int [b], state), called after every
            row of an image or dimension of a vector to continue example i, with its
            condition, as a copy of example ancestors[i]; None for no resampling.

        Returns:
          (x [b, ...event_shape], state, origin int [b]: the index of each example's
          condition).
        """
        own = condition or Condition()

        def network(x, origin):
            rows = own if resample is None else own.gather(origin)
            return self(x, condition=rows)

        return ancestral_walk(
            network,
            self.event_shape,
            self.num_channels,
            batch_size,
            visit,
            state,
            dtype,
            resample,
        )
