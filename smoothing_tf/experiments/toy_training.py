"""Training on a density that can be drawn from, many steps per compiled call."""

import math
from collections.abc import Callable

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.stage_trainer import StageTrainer

tfd = tfp.distributions

_STEPS_PER_CALL = 100


def fit(
    stage: str,
    make_model: Callable[[], keras.Model],
    draw: Callable[[tf.Tensor], tuple[tf.Tensor, ...]],
    config: TrainingConfig,
    *,
    seed: int,
) -> tuple[keras.Model, list[float]]:
    """Maximum likelihood on fresh draws at every step, on one device.

    Args:
      stage: name, part of the seeds.
      make_model: builds what is trained, with a `log_prob` of the drawn arguments;
        called twice, always with the same initial weights.
      draw: step -> arguments of `log_prob`, under XLA; see `draw_stage`.
      config: optimizer and length; `num_steps` is rounded up to whole hundreds.
      seed: the run's seed.

    Returns:
      (the model with its averaged weights, the training curve: mean negative
      log-likelihood of each hundred steps, nats).

    Raises:
      FloatingPointError: the loss is NaN or infinite.
    """
    trainer = StageTrainer(
        stage,
        make_model,
        config,
        seed=seed,
        strategy=tf.distribute.get_strategy(),
        draw=draw,
    )
    curve = []
    while trainer.step < config.num_steps:
        nats = float(trainer.run_drawn_steps(_STEPS_PER_CALL).nats.mean())
        if not math.isfinite(nats):
            raise FloatingPointError(
                f"Training of {stage!r} stopped: the loss before step {trainer.step}"
                f" is {nats}. Try a lower learning rate."
            )
        curve.append(nats)
    return trainer.averaged, curve


def draw_stage(
    stage: str,
    density: tfd.Distribution,
    smoothing: Smoothing | None,
    batch_size: int,
    *,
    seed: int,
) -> Callable[[tf.Tensor], tuple[tf.Tensor, ...]]:
    """Batches of a stage, fresh at every step.

    Args:
      stage: "smoothed": (x~), "reverse" and "joint": (x, x~), "baseline": (x).
      density: of x.
      smoothing: q(x~ | x), or None for the baseline.
      batch_size: examples per step.
      seed: the run's seed.
    """

    def draw(step: tf.Tensor) -> tuple[tf.Tensor, ...]:
        x = density.sample(batch_size, seed=derive_seed(seed, f"{stage} data", step))
        if stage == "baseline":
            return (x,)
        noise_seed = derive_seed(seed, f"{stage} noise", step)
        x_smoothed = smoothing.distribution(x).sample(seed=noise_seed)
        return (x_smoothed,) if stage == "smoothed" else (x, x_smoothed)

    return draw
