"""A density model of a few dozen weights, for tests of code that uses models."""

import functools

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.trained import Trained
from smoothing_tf.seeds import example_seeds, per_example
from smoothing_tf.smoothing import Gaussian

tfd = tfp.distributions


class TinyModel(DensityModel):
    """Independent logistics; with x~ their means follow it.

    The means start at those of the first batch.

    Args:
      event_shape: shape of one x.
      takes_x_smoothed: whether the density is conditional on x~.
      dropout: rate of dropout on the means.
      scale: initial scale; NaN makes every loss NaN.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        takes_x_smoothed: bool = False,
        dropout: float = 0.0,
        scale: float = 1.0,
        **kwargs,
    ):
        super().__init__(event_shape, takes_x_smoothed, **kwargs)
        self.dropout = dropout
        log_scale = keras.initializers.Constant(np.log(scale))
        ramp = tf.reshape(
            tf.linspace(-1.0, 1.0, tf.reduce_prod(event_shape)), event_shape
        )
        self.loc = self.add_weight(shape=event_shape, name="loc")
        self.loc.assign(ramp)
        self.gain = self.add_weight(shape=(), initializer="zeros", name="gain")
        self.log_scale = self.add_weight(
            shape=event_shape, initializer=log_scale, name="log_scale"
        )
        self.built = True

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        condition = self.check_arguments(x, condition)
        loc = tf.broadcast_to(self.loc, tf.shape(x))
        if dropout_seed is not None and self.dropout:
            loc = tf.nn.experimental.stateless_dropout(
                loc, rate=self.dropout, seed=dropout_seed
            )
        return self._distribution(loc, condition, x.dtype).log_prob(x)

    def initialize_from(self, x, condition=None):
        self.loc.assign(tf.reduce_mean(x, axis=0))

    def sample(self, num_samples, condition=None, *, seed):
        condition = self.check_arguments(None, condition)
        batch = [] if condition.is_empty else [condition.num_rows()]
        seeds = example_seeds(seed, num_samples * (batch[0] if batch else 1))
        uniform = _uniform(self.event_shape)(seeds)
        uniform = tf.reshape(uniform, [num_samples, *batch, *self.event_shape])
        loc = self._move(self.loc, condition)
        logistic = tf.math.log(uniform) - tf.math.log1p(-uniform)
        return loc + tf.exp(self.log_scale) * logistic

    def _move(self, loc, condition: Condition):
        """Moves the means by the condition."""
        if condition.x_smoothed is not None:
            loc = loc + self.gain * tf.cast(condition.x_smoothed, tf.float32)
        return loc

    def _distribution(self, loc, condition, dtype):
        loc = self._move(loc, condition)
        scale = tf.exp(tf.cast(self.log_scale, dtype))
        return tfd.Independent(
            tfd.Logistic(tf.cast(loc, dtype), scale),
            reinterpreted_batch_ndims=len(self.event_shape),
        )


@functools.cache
def _uniform(event_shape: tuple[int, ...]):
    """The function from seeds to uniform numbers, traced once for all models."""

    def draw(seed):
        return tf.random.stateless_uniform([1, *event_shape], seed, 1e-6)

    return tf.function(
        lambda seeds: per_example(draw, "tiny", seeds, dtype=tf.float32),
        input_signature=[tf.TensorSpec([None, 2], tf.int32)],
        autograph=False,
    )


def make_tiny_model(stage: str, event_shape: tuple[int, ...], **kwargs) -> TinyModel:
    """Makes the tiny model of a stage."""
    return TinyModel(event_shape, takes_x_smoothed=stage == "reverse", **kwargs)


def tiny_trained(
    event_shape: tuple[int, ...],
    stages: tuple[str, ...] = ("smoothed", "reverse"),
    *,
    num_levels: int | None = None,
    noise_scale: float = 0.3,
    **kwargs,
) -> Trained:
    """Tiny models of some stages, with Gaussian smoothing.

    Args:
      event_shape: shape of one x.
      stages: the stages that have a model.
      num_levels: number of levels of the data.
      noise_scale: standard deviation of the noise.
      **kwargs: arguments of the smoothed model.
    """
    models = {
        stage: make_tiny_model(
            stage, event_shape, **(kwargs if stage == "smoothed" else {})
        )
        for stage in stages
    }
    return Trained(smoothing=Gaussian(noise_scale), num_levels=num_levels, **models)
