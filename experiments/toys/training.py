"""Training on a density that can be drawn from, many steps per compiled call."""

import dataclasses
import math
from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.stage_trainer import StageTrainer

tfd = tfp.distributions

_STEPS_PER_CALL = 100
_NUM_VALIDATION = 10_000

Arguments = tuple[tf.Tensor, ...]
Draw = Callable[[tf.Tensor], Arguments]


class Fitted(NamedTuple):
    """A trained model and how it came about.

    Attributes:
      model: with its averaged weights.
      validation_nats: mean negative log-likelihood on fresh draws, of the model.
      restarts: the same for each short run, in the order of their seeds; None where
        the loss became NaN or infinite.
    """

    model: keras.Model
    validation_nats: float
    restarts: list[float | None]


def fit(
    stage: str,
    make_model: Callable[[tf.Tensor], keras.Model],
    draw: Callable[[int], Draw],
    config: TrainingConfig,
    *,
    seed: int,
    num_restarts: int = 1,
    restart_steps: int = 1000,
) -> Fitted:
    """Maximum likelihood on fresh draws at every step, on one device.

    Mixtures fall into local minima. Of `num_restarts` initializations, each trained
    for `restart_steps`, the one with the lowest validation loss is trained anew for
    the whole length.

    Args:
      stage: name, part of the seeds.
      make_model: builds what is trained, with initial weights of a seed [2] and a
        `log_prob` of the drawn arguments.
      draw: number of examples -> step -> arguments of `log_prob`, under XLA; see
        `draw_stage`.
      config: optimizer and length; lengths are rounded up to whole hundreds.
      seed: the run's seed.
      num_restarts: how many initializations are tried; 1 tries none.
      restart_steps: length of each of these short runs.

    Returns:
      The trained model.

    Raises:
      ValueError: `num_restarts` is below 1.
      FloatingPointError: the loss is NaN or infinite, at every start or in the end.
    """
    if num_restarts < 1:
        raise ValueError(f"`num_restarts` must be at least 1; got {num_restarts}.")
    # Steps of training count from 0, validation stands apart from all of them.
    validation = draw(_NUM_VALIDATION)(tf.constant(-1))
    seeds = [
        derive_seed(seed, f"initial weights {stage}", number)
        for number in range(num_restarts)
    ]
    best, restarts = seeds[0], []
    if num_restarts > 1:
        short = dataclasses.replace(config, num_steps=restart_steps)
        run = _Run(stage, make_model, draw, short, seed, validation)
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
    run = _Run(stage, make_model, draw, config, seed, validation)
    return Fitted(run.model, run.train(best), restarts)


class _Run:
    """One compiled training that can start from several initial weights."""

    def __init__(self, stage, make_model, draw, config, seed, validation):
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
            draw=draw(config.batch_size),
        )
        self.model = self._trainer.averaged
        self._mean_nats = tf.function(
            lambda *arguments: -tf.reduce_mean(self.model.log_prob(*arguments)),
            jit_compile=True,
        )

    def train(self, initial_seed: tf.Tensor) -> float:
        """Trains from the weights of `initial_seed`: the validation loss."""
        self._trainer.start_from(self._make_model(initial_seed).get_weights())
        while self._trainer.step < self._num_steps:
            results = self._trainer.run_drawn_steps(_STEPS_PER_CALL)
            self._check_finite(float(results.nats.mean()))
        nats = float(self._mean_nats(*self._validation))
        self._check_finite(nats)
        return nats

    def try_to_train(self, initial_seed: tf.Tensor) -> float | None:
        """The same, or None where the loss does not stay finite."""
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


def draw_stage(
    stage: str,
    density: tfd.Distribution,
    smoothing: Smoothing | None,
    *,
    seed: int,
) -> Callable[[int], Draw]:
    """Draws the arguments of a stage's `log_prob`, fresh at every step.

    Args:
      stage: "smoothed": (x~), "reverse" and "joint": (x, x~), "baseline": (x).
      density: of x.
      smoothing: q(x~ | x), or None for the baseline.
      seed: the run's seed.

    Returns:
      Number of examples -> step, an integer tensor -> arguments, each floating
      [number, D].
    """

    def of_size(num_examples: int) -> Draw:
        def draw(step: tf.Tensor) -> Arguments:
            data_seed = derive_seed(seed, f"{stage} data", step)
            x = density.sample(num_examples, seed=data_seed)
            if stage == "baseline":
                return (x,)
            noise_seed = derive_seed(seed, f"{stage} noise", step)
            x_smoothed = smoothing.distribution(x).sample(seed=noise_seed)
            return (x_smoothed,) if stage == "smoothed" else (x, x_smoothed)

        return draw

    return of_size
