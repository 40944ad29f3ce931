"""The part that autoregressive models share: a network of parameters and a head."""

import abc
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from smoothing_tf.models.ancestral import State, ancestral_walk
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
      is_conditional: whether the density takes a context.
      **kwargs: `name` and `dtype` of `keras.Model`.
    """

    is_autoregressive = True

    def __init__(
        self,
        event_shape: tuple[int, ...],
        num_channels: int,
        head: Head,
        is_conditional: bool,
        **kwargs,
    ):
        super().__init__(event_shape, is_conditional, **kwargs)
        self.num_channels = num_channels
        self.head = head

    @abc.abstractmethod
    def call(
        self,
        x: tf.Tensor,
        context: tf.Tensor | None = None,
        dropout_seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Parameters of every position, [batch, ...position_shape, num_params]."""

    def log_prob(self, x, context=None, *, dropout_seed=None):
        x = tf.convert_to_tensor(x)
        self.check_arguments(x, context)
        params = self(x, context=context, dropout_seed=dropout_seed)
        return self._log_prob_given(params, x)

    def log_prob_detached(
        self, x: tf.Tensor, context: tf.Tensor | None = None
    ) -> tf.Tensor:
        """`log_prob` whose gradient treats the network's output as a constant.

        See `single_step_denoise`.
        """
        x = tf.convert_to_tensor(x)
        self.check_arguments(x, context)
        return self._log_prob_given(tf.stop_gradient(self(x, context=context)), x)

    def _log_prob_given(self, params: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        distribution = self.head.distribution(tf.cast(params, x.dtype))
        positions = params.shape.rank - 2
        shape = tf.concat([tf.shape(params)[:-1], [self.num_channels]], axis=0)
        log_prob = distribution.log_prob(tf.reshape(x, shape))
        return sum_rightmost(log_prob, positions)

    def sample(self, num_samples, context=None, *, seed):
        self.check_arguments(None, context)
        self.check_num_samples(num_samples)
        num_samples = tf.convert_to_tensor(num_samples, tf.int32)
        if context is not None:
            context = tf.convert_to_tensor(context)
        # Two arguments, each of a fixed rank: tf.function would relax the rank of one.
        seed, seeds = seed_tensor(seed), None
        if seed.shape.rank == 2:
            num_contexts = 1 if context is None else tf.shape(context)[0]
            seed, seeds = None, example_seeds(seed, num_samples * num_contexts)
        return self._sample(num_samples, context, seed, seeds)

    # It has no Python control flow to convert, and AutoGraph would take longer than
    # the rest of tracing.
    @tf.function(reduce_retracing=True, autograph=False)
    def _sample(self, num_samples, context, seed, seeds):
        shape, batch_size = [num_samples], num_samples
        if context is not None:
            # The walk draws one flat batch, with every context num_samples times.
            num_contexts = tf.shape(context)[0]
            batch_size = num_samples * num_contexts
            shape = [num_samples, num_contexts]
            context = tf.repeat(context[None], num_samples, axis=0)
            context = tf.reshape(context, [-1, *self.event_shape])
        noise = per_example(
            lambda seed: self.head.noise([1, *self.position_shape], seed),
            "ancestral",
            example_seeds(seed, batch_size) if seeds is None else seeds,
            dtype=tf.float32,
        )
        return tf.reshape(self.draw(noise, context), [*shape, *self.event_shape])

    def draw(self, noise: tf.Tensor, context: tf.Tensor | None = None) -> tf.Tensor:
        """Draws every position from its conditional, as a function of the noise.

        Args:
          noise: noise of the head, [b, ...position_shape, num_noise].
          context: x~ [b, ...event_shape], or None.

        Returns:
          [b, ...event_shape], in the dtype of the noise.
        """

        def visit(params, place, state):
            return self.head.draw(params, place.of(noise)), state

        return self.walk(tf.shape(noise)[0], context, visit, (), noise.dtype)[0]

    @property
    def position_shape(self) -> tuple[int, ...]:
        """Event shape without the channels that are modeled together."""
        if self.event_shape[-1] == self.num_channels:
            return self.event_shape[:-1]
        return self.event_shape

    def walk(
        self,
        batch_size: int | tf.Tensor,
        context: tf.Tensor | None,
        visit: Callable[[tf.Tensor, Any, State], tuple[tf.Tensor, State]],
        state: State,
        dtype: tf.DType = tf.float32,
        resample: Callable[[tf.Tensor, State], tuple[tf.Tensor, State]] | None = None,
    ) -> tuple[tf.Tensor, State, tf.Tensor]:
        """Visits every position once, in raster order, with its parameters.

        Args:
          batch_size: scalar integer b.
          context: x~ [b, ...event_shape], or None.
          visit: (parameters [b, num_params] in `dtype`, place, state) -> (value of
            the channels at the place [b, num_channels], state). `place.of` maps
            [b, ...position_shape, n] to [b, n].
          state: initial state of the caller, tensors [b, ...] in any nesting.
          dtype: dtype of x.
          resample: (row, state) -> (ancestors int [b], state), called after every
            row of an image or dimension of a vector to continue example i, with its
            context, as a copy of example ancestors[i]; None for no resampling.

        Returns:
          (x [b, ...event_shape], state, origin int [b]: the index of each example's
          context).
        """

        def network(x, origin):
            own = context
            if context is not None and resample is not None:
                own = tf.gather(context, origin)
            return self(x, context=own)

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
