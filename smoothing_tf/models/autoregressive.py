"""What the autoregressive models share: a network of parameters and a head."""

import abc

import tensorflow as tf

from smoothing_tf.models.ancestral import ancestral_sample
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.heads import Head
from smoothing_tf.numerics import sum_rightmost
from smoothing_tf.seeds import derive_seed


class AutoregressiveModel(DensityModel):
    """p(x) = prod_i p(x_i | x_<i): `call` gives the parameters, `head` the rest.

    Args:
      event_shape: shape of one x.
      num_channels: channels modelled together at one position.
      head: the likelihood of one position.
      is_conditional: whether there is a context.
      **kwargs: `name`, `dtype` of `keras.Model`.
    """

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
        """[batch, ...event_shape] -> parameters [batch, ...positions, num_params]."""

    def log_prob(self, x, context=None, *, dropout_seed=None):
        x = tf.convert_to_tensor(x)
        self.check_arguments(x, context)
        params = self(x, context=context, dropout_seed=dropout_seed)
        return self._log_prob_given(params, x)

    def log_prob_detached(self, x, context=None):
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
        return self._sample(num_samples, context, derive_seed(seed, "ancestral"))

    # Nothing in it is for AutoGraph, which would take longer than the rest of tracing.
    @tf.function(reduce_retracing=True, autograph=False)
    def _sample(self, num_samples, context, seed):
        batch_size, shape = num_samples, [num_samples]
        if context is not None:
            # The walk draws one flat batch: every context num_samples times.
            num_contexts = tf.shape(context)[0]
            batch_size = num_samples * num_contexts
            shape = [num_samples, num_contexts]
            context = tf.repeat(context[None], num_samples, axis=0)
            context = tf.reshape(context, [batch_size, *self.event_shape])
        x = self._walk(batch_size, context, seed)
        return tf.reshape(x, [*shape, *self.event_shape])

    @property
    def position_shape(self) -> tuple[int, ...]:
        """Shape of what is drawn together: the event's, less modelled channels."""
        if self.event_shape[-1] == self.num_channels:
            return self.event_shape[:-1]
        return self.event_shape

    def _walk(self, batch_size, context, seed):
        """Draws [batch_size, ...event_shape], every position from its conditional."""
        return ancestral_sample(
            lambda x: self(x, context=context),
            self.head,
            self.head.noise([batch_size, *self.position_shape], seed),
            self.event_shape,
            self.num_channels,
        )
