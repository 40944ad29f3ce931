"""The compiled part of training: steps, averaging, validation."""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.seeds import derive_seed
from smoothing_tf.training.batches import Arguments, Validation
from smoothing_tf.training.fused_adam import FusedAdam
from smoothing_tf.training.micro_batches import sum_over_micro_batches
from smoothing_tf.training.replicas import check_replicas, num_micro_batches
from smoothing_tf.training.schedule import make_schedule
from smoothing_tf.training.training_config import TrainingConfig

# (distributed batch, number of steps done) -> (its loss in nats per example, the norm
# of its gradient), in a graph.
TakeStep = Callable[[Arguments, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


class StepResults(NamedTuple):
    """Results of a number of optimizer steps.

    Attributes:
      nats: mean -log p of the global batch before each step, float32 [num_steps].
      gradient_norm: norm of the gradient before clipping, float32 [num_steps].
      seconds: time that all steps took.
    """

    nats: np.ndarray
    gradient_norm: np.ndarray
    seconds: float


class StageTrainer:
    """A model, its optimizer and its averaged copy under any strategy.

    The loss is the mean of -log p over the global batch: each replica sums over its
    share, one micro batch after another, and divides by the size of the whole batch.
    A step is a function of (seed, step) and the batch alone. Up to rounding it does
    not depend on the number of replicas and of micro batches, except with dropout,
    whose masks are drawn for each of them.

    `averaged` is a second model that holds the exponential moving average of the
    weights, a <- m a + (1 - m) w with m = min(ema_momentum, t / (10 + t)) at step
    t = 0, 1, ...: it starts at the weights after the first step, and forgets the
    early ones even in a short run. Since it is a separate model, evaluating it never
    touches the weights in training.

    Attributes:
      model: the model in training.
      averaged: the model with the averaged weights.
      schedule: the learning rate as a function of the step.
      take_step: takes one optimizer step; with `jit_compile` a `tf.function`, which
        `check_compiles` checks.

    Args:
      stage: name of the stage, from which seeds are derived.
      make_model: function that builds the model with its initial weights; called
        twice.
      config: settings of the optimizer.
      seed: the run's seed.
      strategy: the distribution strategy.
      draw: function that draws a batch in the graph, step -> arguments of `log_prob`,
        as in `training.batches`; for `run_drawn_steps`.

    Raises:
      ValueError: the replicas cannot share the steps; see `check_replicas`.
    """

    def __init__(
        self,
        stage: str,
        make_model: Callable[[], DensityModel],
        config: TrainingConfig,
        *,
        seed: int,
        strategy: tf.distribute.Strategy,
        draw: Callable[[tf.Tensor], tuple[tf.Tensor, ...]] | None = None,
    ):
        check_replicas(config, strategy.num_replicas_in_sync)
        self._stage = stage
        self._config = config
        self._seed = seed
        self._strategy = strategy
        self._num_parts = num_micro_batches(config, strategy.num_replicas_in_sync)
        self.schedule = make_schedule(config)
        self._draw = draw
        with strategy.scope():
            self.model = make_model()
            self.averaged = make_model()
            # Drawn steps are compiled by XLA, which fuses Keras' own Adam as well.
            make_adam = FusedAdam if draw is None else keras.optimizers.Adam
            self._optimizer = make_adam(self.schedule, beta_2=config.adam_beta_2)
            self._optimizer.build(self.model.trainable_variables)
        # AutoGraph would convert every function of the networks, which takes seconds.
        self.take_step: TakeStep = self._take_step
        if config.jit_compile:
            self.take_step = tf.function(
                self._take_step, jit_compile=True, autograph=False
            )
        self._compiled_steps = tf.function(self._run_steps, autograph=False)
        self._compiled_drawn_steps = tf.function(
            self._run_drawn_steps, jit_compile=True, autograph=False
        )
        self._compiled_sum = tf.function(self._sum_nats, autograph=False)

    @property
    def step(self) -> int:
        """Number of optimizer steps done."""
        return int(self._optimizer.iterations.numpy())

    @property
    def step_variable(self) -> keras.Variable:
        """The step counter, for checkpoints."""
        return self._optimizer.iterations

    @property
    def state(self) -> dict[str, list[keras.Variable]]:
        """Every variable except the step counter, by group, for checkpoints."""
        return {
            "weights": self.model.weights,
            "averaged": self.averaged.weights,
            "optimizer": [
                v for v in self._optimizer.variables if v is not self.step_variable
            ],
        }

    def is_finite(self) -> bool:
        """Whether all weights and the optimizer's state are finite numbers."""
        variables = [v for group in self.state.values() for v in group]
        return all(
            bool(tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(v.value))))
            for v in variables
            if tf.as_dtype(v.dtype).is_floating
        )

    def start_from(self, weights: list[np.ndarray]) -> None:
        """Goes back to step 0, with `weights` as the initial ones.

        Args:
          weights: arrays in the order of `model.get_weights()`.
        """
        self.model.set_weights(weights)
        self.averaged.set_weights(weights)
        for variable in self._optimizer.variables:
            variable.assign(tf.zeros_like(variable.value))

    def initialize_from(self, arguments: tuple[tf.Tensor, ...]) -> None:
        """Adjusts initial weights to a first batch; see `DensityModel`.

        Every process uses the whole batch, so that all replicas hold the same weights.

        Args:
          arguments: the arguments of `log_prob` for the global batch.
        """
        with self._strategy.scope():
            self.model.initialize_from(*_with_condition(arguments))
            for average, weight in zip(
                self.averaged.weights, self.model.weights, strict=True
            ):
                average.assign(tf.convert_to_tensor(weight.value))

    def distribute(self, dataset: tf.data.Dataset):
        """Splits global batches among the replicas."""
        return self._strategy.experimental_distribute_dataset(dataset)

    def run_steps(self, iterator: Iterator, num_steps: int) -> StepResults:
        """Takes `num_steps` optimizer steps on batches of `iterator`.

        Args:
          iterator: iterator over distributed batches, tuples of arguments of
            `log_prob`.
          num_steps: number of steps; a new number needs no compilation.
        """
        return _time(lambda: self._compiled_steps(iterator, tf.constant(num_steps)))

    def run_drawn_steps(self, num_steps: int) -> StepResults:
        """Takes `num_steps` optimizer steps on batches of `draw`, on one device.

        They are one XLA computation, so that the host does not limit a small model.

        Args:
          num_steps: number of steps; each new number is compiled.
        """
        return _time(lambda: self._compiled_drawn_steps(num_steps))

    def mean_nats(self, validation: Validation) -> float:
        """Computes the mean of -log p under the averaged weights, nats per example."""
        batches = self.distribute(validation.batches)
        total = sum(float(self._compiled_sum(batch)) for batch in batches)
        return total / validation.num_examples

    def _run_steps(self, iterator, num_steps):
        return self._repeat_steps(lambda step: iterator.get_next(), num_steps)

    def _run_drawn_steps(self, num_steps):
        return self._repeat_steps(self._draw, num_steps)

    def _repeat_steps(self, arguments_of, num_steps):
        nats = tf.TensorArray(tf.float32, size=num_steps)
        norms = tf.TensorArray(tf.float32, size=num_steps)

        def run_step(index, nats, norms):
            step = tf.cast(self._optimizer.iterations, tf.int32)
            sum_of_nats, norm = self.take_step(arguments_of(step), step)
            return index + 1, nats.write(index, sum_of_nats), norms.write(index, norm)

        _, nats, norms = tf.while_loop(
            lambda index, *_: index < num_steps,
            run_step,
            (0, nats, norms),
            maximum_iterations=num_steps,
        )
        return nats.stack(), norms.stack()

    def _take_step(self, arguments, step):
        nats, norm = self._strategy.run(self._replica_step, args=(arguments, step))
        self._update_average(tf.cast(step, tf.float32))
        return (
            self._strategy.reduce("SUM", nats, axis=None),
            self._strategy.reduce("MEAN", norm, axis=None),
        )

    def _replica_step(self, arguments, step):
        replica = tf.distribute.get_replica_context()
        variables = self.model.trainable_variables

        def micro_step(arguments, *index):
            dropout_seed = derive_seed(
                self._seed,
                f"dropout {self._stage}",
                step,
                replica.replica_id_in_sync_group,
                *index,
            )
            with tf.GradientTape() as tape:
                log_prob = self.model.log_prob(
                    *_with_condition(arguments), dropout_seed=dropout_seed
                )
                nats = -tf.reduce_sum(log_prob) / self._config.batch_size
            return [nats, *tape.gradient(nats, variables)]

        nats, *gradients = sum_over_micro_batches(
            micro_step,
            arguments,
            self._num_parts,
            lambda: [tf.zeros([]), *(tf.zeros(v.shape, v.dtype) for v in variables)],
        )
        # A weight without a gradient, e.g. for lack of x~, stays unchanged.
        reached = [gradient is not None for gradient in gradients]
        gradients = list(itertools.compress(gradients, reached))
        variables = list(itertools.compress(variables, reached))
        # Keras clips before it sums over replicas, but the norm of the sum counts. So
        # the sum is taken here, and Keras' own sum adds equal terms.
        if replica.num_replicas_in_sync > 1:
            gradients = replica.all_reduce("SUM", gradients)
        norm = tf.linalg.global_norm(gradients)
        if self._config.clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(
                gradients, self._config.clip_norm, use_norm=norm
            )
        if replica.num_replicas_in_sync > 1:
            gradients = [g / replica.num_replicas_in_sync for g in gradients]
        self._optimizer.apply(gradients, variables)
        return nats, norm

    def _update_average(self, step):
        momentum = tf.minimum(self._config.ema_momentum, step / (10.0 + step))
        for average, weight in zip(
            self.averaged.weights, self.model.weights, strict=True
        ):
            # Only learned weights are averaged; the others are copied.
            is_learned = weight.trainable
            self._strategy.extended.update(
                average.value,
                _move_average if is_learned else _copy,
                args=(weight.value, momentum) if is_learned else (weight.value,),
                group=False,
            )

    def _sum_nats(self, batch):
        def micro_sum(part, *_):
            arguments, counts = part
            log_prob = self.averaged.log_prob(*_with_condition(arguments))
            nats = -tf.cast(log_prob, tf.float64)
            return [tf.reduce_sum(tf.where(counts, nats, tf.zeros_like(nats)))]

        def replica_sum(*share):
            (nats,) = sum_over_micro_batches(
                micro_sum, share, self._num_parts, lambda: [tf.zeros([], tf.float64)]
            )
            return nats

        per_replica = self._strategy.run(replica_sum, args=batch)
        return self._strategy.reduce("SUM", per_replica, axis=None)


def _with_condition(arguments):
    """Turns the parts of a condition by name into a `Condition`."""
    return tuple(
        Condition(**part) if isinstance(part, dict) else part for part in arguments
    )


def _time(run_steps: Callable[[], tuple[tf.Tensor, tf.Tensor]]) -> StepResults:
    start = time.perf_counter()
    nats, norm = (result.numpy() for result in run_steps())
    return StepResults(nats, norm, time.perf_counter() - start)


def _move_average(average, weight, momentum):
    average.assign(momentum * average + (1.0 - momentum) * weight)


def _copy(average, weight):
    average.assign(weight)
