"""Training on fresh draws of a known density, many steps per compiled call."""

import dataclasses
import math
from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.models import Condition
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.stage_trainer import StageTrainer

tfd = tfp.distributions

_STEPS_PER_CALL = 100
_NUM_VALIDATION = 10_000

Arguments = tuple[tf.Tensor | Condition, ...]
Draw = Callable[[tf.Tensor], Arguments]


class Fitted(NamedTuple):
    """A trained model and its validation losses.

    Attributes:
      model: trained model with its averaged weights.
      validation_nats: mean negative log-likelihood of the model on fresh draws.
      restarts: validation loss of each short run, nats, in the order of their seeds;
        None where the loss became NaN or infinite. Empty if there was a single start.
    """

    model: keras.Model
    validation_nats: float
    restarts: list[float | None]


def fit(
    stage: str,
    make_model: Callable[[tf.Tensor], keras.Model],
    make_draw: Callable[[int], Draw],
    config: TrainingConfig,
    *,
    seed: int,
    num_restarts: int = 1,
    restart_steps: int = 1000,
) -> Fitted:
    """Trains by maximum likelihood on fresh draws at every step, on one device.

    Mixtures fall into local minima. Therefore `num_restarts` initializations are
    trained for `restart_steps` each, and the one with the lowest validation loss is
    trained from its start for the full length.

    Args:
      stage: name of the stage, part of the seeds.
      make_model: function from a seed [2] of the initial weights to a model, whose
        `log_prob` is called with the drawn arguments.
      make_draw: function from a number of examples to a draw, which maps a step to the
        arguments of `log_prob`; runs under XLA. See `make_stage_draw`.
      config: optimizer and length; lengths are rounded up to whole hundreds.
      seed: seed of the run.
      num_restarts: number of initializations to try; 1 trains the first one directly.
      restart_steps: number of steps of each short run.

    Returns:
      The trained model and its validation losses.

    Raises:
      ValueError: `num_restarts` is below 1.
      FloatingPointError: the loss became NaN or infinite in every short run, or in the
        full one.
    """
    if num_restarts < 1:
        raise ValueError(f"`num_restarts` must be at least 1; got {num_restarts}.")
    # Training steps count from 0, so that no step shares the draws of validation.
    validation = make_draw(_NUM_VALIDATION)(tf.constant(-1))
    seeds = [
        derive_seed(seed, f"initial weights {stage}", number)
        for number in range(num_restarts)
    ]
    best, restarts = seeds[0], []
    if num_restarts > 1:
        short = dataclasses.replace(config, num_steps=restart_steps)
        run = _Training(stage, make_model, make_draw, short, seed, validation)
        restarts = [run.try_to_train(initial) for initial in seeds]
        finite = [
            number for number in range(num_restarts) if restarts[number] is not None
        ]
        if not finite:
            raise FloatingPointError(
                f"Training of {stage!r} diverged from each of {num_restarts} starts."
                " Try a lower learning rate."
            )
        best = seeds[min(finite, key=restarts.__getitem__)]
    run = _Training(stage, make_model, make_draw, config, seed, validation)
    return Fitted(run.model, run.train(best), restarts)


class _Training:
    """A compiled training run that can start from several initial weights."""

    def __init__(
        self,
        stage: str,
        make_model: Callable[[tf.Tensor], keras.Model],
        make_draw: Callable[[int], Draw],
        config: TrainingConfig,
        seed: int,
        validation: Arguments,
    ):
        self._stage = stage
        self._make_model = make_model
        self._num_steps = config.num_steps
        self._validation = validation
        self._trainer = StageTrainer(
            stage,
            lambda: make_model(tf.constant([0, 0])),
            config,
            seed=seed,
            strategy=tf.distribute.get_strategy(),
            draw=make_draw(config.batch_size),
        )
        self.model = self._trainer.averaged
        self._mean_nats = tf.function(
            lambda *arguments: -tf.reduce_mean(self.model.log_prob(*arguments)),
            jit_compile=True,
            autograph=False,
        )

    def train(self, initial_seed: tf.Tensor) -> float:
        """Trains from the weights of `initial_seed`; returns the validation loss."""
        self._trainer.start_from(self._make_model(initial_seed).get_weights())
        while self._trainer.step < self._num_steps:
            results = self._trainer.run_drawn_steps(_STEPS_PER_CALL)
            self._check_finite(float(results.nats.mean()))
        nats = float(self._mean_nats(*self._validation))
        self._check_finite(nats)
        return nats

    def try_to_train(self, initial_seed: tf.Tensor) -> float | None:
        """Trains likewise; returns None if the loss became NaN or infinite."""
        try:
            return self.train(initial_seed)
        except FloatingPointError:
            return None

    def _check_finite(self, nats: float) -> None:
        if not math.isfinite(nats):
            raise FloatingPointError(
                f"Training of {self._stage!r} stopped: the loss before step"
                f" {self._trainer.step} is {nats}. Try a lower learning rate."
            )


def make_stage_draw(
    stage: str,
    density: tfd.Distribution,
    smoothing: Smoothing | None,
    *,
    seed: int,
) -> Callable[[int], Draw]:
    """Makes draws of the arguments of a stage's `log_prob`, fresh at every step.

    Args:
      stage: "smoothed" with the argument (x~), "reverse" with (x, condition x~),
        "joint" with (x, x~), or "baseline" with (x).
      density: density of x.
      smoothing: q(x~ | x), or None for the baseline.
      seed: seed of the run.

    Returns:
      A function from a number of examples n to a draw, which maps a step, an integer
      tensor, to arguments, x and x~ each floating [n, D].
    """

    def make_draw(num_examples: int) -> Draw:
        def draw(step: tf.Tensor) -> Arguments:
            data_seed = derive_seed(seed, f"{stage} data", step)
            x = density.sample(num_examples, seed=data_seed)
            if stage == "baseline":
                return (x,)
            noise_seed = derive_seed(seed, f"{stage} noise", step)
            x_smoothed = smoothing.distribution(x).sample(seed=noise_seed)
            if stage == "smoothed":
                return (x_smoothed,)
            return x, Condition(x_smoothed) if stage == "reverse" else x_smoothed

        return draw

    return make_draw
