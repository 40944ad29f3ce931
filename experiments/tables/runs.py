"""Cells of the experiments on tables: train a model of few rows, and score it.

With a few hundred rows every model overfits sooner or later, so the weights with the
lowest validation loss are kept. Arguments and results are plain JSON values; see
`Cell`.
"""

import math
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from experiments.tables.data import open_table
from experiments.toys import scores
from experiments.toys.described_model import build_described
from experiments.toys.training import make_stage_draw
from smoothing_tf.artifacts import atomic_file
from smoothing_tf.models import DensityModel, TwoStageModel
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.stage import Stage
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.stage_trainer import StageTrainer

Json = dict[str, Any]

SCORES_FILE = "scores.npz"
# Steps between validations.
_INTERVAL = 50
# Draws of x~ per row in a validation loss.
_NUM_NOISES = 20


class _Rows:
    """Rows of a table; "samples" are drawn with replacement, or are all rows."""

    def __init__(self, rows: np.ndarray, repeats: int = 0):
        self._rows = tf.constant(rows)
        self._repeats = repeats

    def sample(self, num_samples: int, *, seed: tf.Tensor) -> tf.Tensor:
        if self._repeats:
            return tf.tile(self._rows, [self._repeats, 1])
        indices = tf.random.stateless_uniform(
            [num_samples], seed, 0, len(self._rows), tf.int32
        )
        return tf.gather(self._rows, indices)


def train_plain(
    directory: pathlib.Path, *, table: str, model: Json, training: Json, seed: int
) -> Json:
    """Trains one density model on clean rows, and scores it.

    Args:
      directory: directory for `scores.npz`, which holds "nll" of each test row, nats.
      table: path of the table.
      model: {"model": a key of MODELS, "config": its hyper-parameters}.
      training: fields of TrainingConfig; `num_steps` is the largest number of steps.
      seed: seed of the run.

    Returns:
      parameters, steps (stage -> number of the steps that were best), validation
      (nats).
    """
    dataset = open_table(table)
    fitted, steps, validation = _fit(
        Stage.BASELINE, dataset, model, training, None, seed
    )
    _save(directory, nll=-scores.log_prob(fitted, dataset.array("test")))
    return {
        "parameters": fitted.count_params(),
        "steps": {Stage.BASELINE: steps},
        "validation": validation,
    }


def train_two_stage(
    directory: pathlib.Path,
    *,
    table: str,
    smoothed: Json,
    reverse: Json,
    noise_scale: float,
    training: Json,
    seed: int,
) -> Json:
    """Trains both stages of a two-stage model, and scores it.

    Args:
      directory: directory for `scores.npz`, which holds "bound" and "iw" of each test
        row, nats.
      table: path of the table.
      smoothed: description of p(x~); see `train_plain`.
      reverse: description of p(x | x~).
      noise_scale: standard deviation of the Gaussian noise, standardized.
      training: fields of TrainingConfig, for both stages.
      seed: seed of the run.

    Returns:
      parameters, steps (of both stages), validation (nats: the negative bound).
    """
    dataset, noise = open_table(table), Gaussian(noise_scale)
    fitted = {
        stage: _fit(stage, dataset, model, training, noise, seed)
        for stage, model in ((Stage.SMOOTHED, smoothed), (Stage.REVERSE, reverse))
    }
    both = TwoStageModel(noise, *(model for model, _, _ in fitted.values()))
    bound, weighted = scores.bounds(
        both,
        dataset.array("test"),
        num_draws=scores.NUM_DRAWS,
        seed=scores.TEST_SEED,
    )
    _save(directory, bound=-bound, iw=-weighted)
    entropy = noise.distribution(tf.zeros([1, *dataset.event_shape])).entropy()[0]
    losses = sum(loss for _, _, loss in fitted.values())
    return {
        "parameters": both.smoothed.count_params() + both.reverse.count_params(),
        "steps": {stage: steps for stage, (_, steps, _) in fitted.items()},
        "validation": losses - float(entropy),
    }


def _fit(stage, dataset, model: Json, training: Json, smoothing, seed: int):
    """Trains a stage; returns (model, its number of steps, its validation loss)."""
    config = TrainingConfig(**training)

    def draw_from(rows: _Rows):
        return make_stage_draw(stage, rows, smoothing, seed=seed)

    def make(initial_seed: tf.Tensor) -> DensityModel:
        return build_described(model, stage, dataset.event_shape, initial_seed)

    trainer = StageTrainer(
        stage,
        lambda: make(tf.constant([0, seed])),
        config,
        seed=seed,
        strategy=tf.distribute.get_strategy(),
        draw=draw_from(_Rows(dataset.array("train")))(config.batch_size),
    )
    repeats = 1 if smoothing is None else _NUM_NOISES
    every = _Rows(dataset.array("validation"), repeats)
    # Training steps count from 0: validation has noise of its own.
    validation = draw_from(every)(0)(tf.constant(-1))
    averaged = trainer.averaged
    mean_nats = tf.function(
        lambda: -tf.reduce_mean(averaged.log_prob(*validation)), autograph=False
    )
    best = (math.inf, 0, averaged.get_weights())
    while trainer.step < config.num_steps:
        trainer.run_drawn_steps(_INTERVAL)
        nats = float(mean_nats())
        # A NaN is never the best.
        if nats < best[0]:
            best = (nats, trainer.step, averaged.get_weights())
    nats, steps, weights = best
    if not math.isfinite(nats):
        raise FloatingPointError(
            f"Training of {stage!r} diverged before its first validation. Try a lower"
            " learning rate."
        )
    averaged.set_weights(weights)
    return averaged, steps, nats


def _save(directory: pathlib.Path, **arrays: np.ndarray) -> None:
    with atomic_file(directory / SCORES_FILE) as path:
        np.savez(path, **arrays)
