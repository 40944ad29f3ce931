"""Cells of the experiments on vectors: train one model, score it, and sample from it.

Arguments and results are plain JSON values; see `Cell`. A model is described by
{"model": a key of MODELS, "config": its hyper-parameters}, a training by the fields of
TrainingConfig.
"""

import pathlib
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from experiments.toys import scores
from experiments.toys.described_model import build_described
from experiments.toys.learned_noise import LearnedNoise
from experiments.toys.pictures import GRID_SIZE, NUM_SAMPLES, make_grid, save_arrays
from experiments.toys.training import Arguments, Draw, Fitted, fit, make_stage_draw
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.models import TwoStageModel
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import SMOOTHINGS, Smoothing
from smoothing_tf.training import TrainingConfig

tfd = tfp.distributions

Json = dict[str, Any]

_NUM_ARROWS = 10_000


def train_plain(
    directory: pathlib.Path,
    *,
    density: str,
    model: Json,
    training: Json,
    seed: int,
    num_points: int,
    num_restarts: int,
    pictures: list[list[float]] | None = None,
    grid_size: int = GRID_SIZE,
) -> Json:
    """Trains and scores one density model on clean data.

    Args:
      directory: directory for the arrays of the figure.
      density: a key of DENSITIES.
      model: description of the model.
      training: fields of TrainingConfig.
      seed: seed of the run.
      num_points: number of held-out points to score.
      num_restarts: number of starts; see `fit`.
      pictures: [low, high] of each dimension of a grid on which the density is
        written, together with samples; None writes neither.
      grid_size: number of grid points in each dimension.

    Returns:
      parameters, validation (nats), restarts (stage -> nats of each start), nll and
      nll_se (nats).
    """
    data = DENSITIES[density]()
    fitted = _fit_stage(
        "baseline", data, None, model, training, seed=seed, num_restarts=num_restarts
    )
    points = scores.draw_held_out(data, num_points)
    nll = -scores.log_prob(fitted.model, points)
    if pictures is not None:
        samples = fitted.model.sample(NUM_SAMPLES, seed=seed)
        log_density = scores.log_prob(fitted.model, make_grid(pictures, grid_size))
        save_arrays(directory, samples=samples, log_density=log_density)
    return {
        "parameters": fitted.model.count_params(),
        "validation": fitted.validation_nats,
        "restarts": {"baseline": fitted.restarts},
        **scores.mean_and_error("nll", nll, density, points),
    }


def train_two_stage(
    directory: pathlib.Path,
    *,
    density: str,
    smoothing: str,
    noise_scale: float,
    smoothed: Json,
    reverse: Json,
    training: Json,
    seed: int,
    num_points: int,
    num_restarts: int,
    pictures: list[list[float]] | None = None,
    grid_size: int = GRID_SIZE,
    single_step: bool = False,
) -> Json:
    """Trains both stages separately and scores the two-stage model.

    Args:
      directory: directory for the arrays of the figure.
      density: a key of DENSITIES.
      smoothing: a key of SMOOTHINGS.
      noise_scale: standard deviation of the noise in each coordinate.
      smoothed: description of p(x~).
      reverse: description of p(x | x~).
      training: fields of TrainingConfig, for both stages.
      seed: seed of the run.
      num_points: number of held-out points to score; 0 for a run of the search, which
        returns the validation loss alone.
      num_restarts: number of starts of each stage; see `fit`.
      pictures: bounds of the grid; see `train_plain`.
      grid_size: number of grid points in each dimension.
      single_step: whether to compare single-step denoising with E[x | x~].

    Returns:
      parameters, validation (nats: the negative bound, or None if the training of a
      search run diverged), restarts, noise_scale, bound and iw with their standard
      errors (nats, negative), single_step.
    """
    data = DENSITIES[density]()
    kernel = SMOOTHINGS[smoothing](noise_scale)
    try:
        stages = {
            stage: _fit_stage(
                stage,
                data,
                kernel,
                model,
                training,
                seed=seed,
                num_restarts=num_restarts,
            )
            for stage, model in (("smoothed", smoothed), ("reverse", reverse))
        }
    except FloatingPointError:
        if num_points:
            raise
        # The search continues without this candidate.
        return {"validation": None, "restarts": {}}
    both = TwoStageModel(kernel, stages["smoothed"].model, stages["reverse"].model)
    noise = kernel.distribution(tf.zeros([1, *both.event_shape]))
    losses = sum(stage.validation_nats for stage in stages.values())
    return {
        "validation": losses - float(noise.entropy()[0]),
        "restarts": {name: stage.restarts for name, stage in stages.items()},
        **_score_two_stage(
            both,
            density,
            directory,
            seed=seed,
            num_points=num_points,
            pictures=pictures,
            grid_size=grid_size,
            single_step=single_step,
        ),
    }


def train_learned_noise(
    directory: pathlib.Path,
    *,
    density: str,
    noise_scale: float,
    smoothed: Json,
    reverse: Json,
    training: Json,
    seed: int,
    num_points: int,
    num_restarts: int,
    pictures: list[list[float]] | None = None,
    grid_size: int = GRID_SIZE,
) -> Json:
    """Trains both stages and the scale of Gaussian noise jointly, by the bound.

    Args:
      directory: directory for the arrays of the figure.
      density: a key of DENSITIES.
      noise_scale: initial standard deviation of the noise in each coordinate.
      smoothed: description of p(x~).
      reverse: description of p(x | x~).
      training: fields of TrainingConfig.
      seed: seed of the run.
      num_points: number of held-out points to score.
      num_restarts: number of starts; see `fit`.
      pictures: bounds of the grid; see `train_plain`.
      grid_size: number of grid points in each dimension.

    Returns:
      The result of `train_two_stage` at the learned scale.
    """
    data = DENSITIES[density]()
    event_shape = tuple(data.event_shape)

    def make_model(initial_seed: tf.Tensor) -> LearnedNoise:
        stages = [
            build_described(model, stage, event_shape, initial_seed)
            for stage, model in (("smoothed", smoothed), ("reverse", reverse))
        ]
        return LearnedNoise(*stages, noise_scale)

    def make_draw(num_examples: int) -> Draw:
        def draw(step: tf.Tensor) -> Arguments:
            x = data.sample(num_examples, seed=derive_seed(seed, "joint data", step))
            noise_seed = derive_seed(seed, "joint noise", step)
            return x, tf.random.stateless_normal(x.shape, noise_seed)

        return draw

    fitted = fit(
        "joint",
        make_model,
        make_draw,
        TrainingConfig(**training),
        seed=seed,
        num_restarts=num_restarts,
    )
    return {
        "validation": fitted.validation_nats,
        "restarts": {"joint": fitted.restarts},
        **_score_two_stage(
            fitted.model.two_stage(),
            density,
            directory,
            seed=seed,
            num_points=num_points,
            pictures=pictures,
            grid_size=grid_size,
        ),
    }


def _fit_stage(
    stage: str,
    data: tfd.Distribution,
    smoothing: Smoothing | None,
    model: Json,
    training: Json,
    *,
    seed: int,
    num_restarts: int,
) -> Fitted:
    event_shape = tuple(data.event_shape)
    return fit(
        stage,
        lambda initial_seed: build_described(model, stage, event_shape, initial_seed),
        make_stage_draw(stage, data, smoothing, seed=seed),
        TrainingConfig(**training),
        seed=seed,
        num_restarts=num_restarts,
    )


def _score_two_stage(
    both: TwoStageModel,
    density: str,
    directory: pathlib.Path,
    *,
    seed: int,
    num_points: int,
    pictures: list[list[float]] | None,
    grid_size: int,
    single_step: bool = False,
) -> Json:
    data = DENSITIES[density]()
    result = {
        "parameters": both.smoothed.count_params() + both.reverse.count_params(),
        "noise_scale": both.smoothing.noise_scale,
    }
    if num_points:
        points = scores.draw_held_out(data, num_points)
        bound, weighted = scores.bounds(
            both, points, num_draws=scores.NUM_DRAWS, seed=scores.TEST_SEED
        )
        result |= scores.mean_and_error("bound", -bound, density, points)
        result |= scores.mean_and_error("iw", -weighted, density, points)
    arrays = {}
    if pictures is not None:
        x_smoothed, x = both.sample(NUM_SAMPLES, seed=seed)
        grid = make_grid(pictures, grid_size)
        _, log_density = scores.bounds(
            both, grid, num_draws=scores.NUM_DRAWS, seed=seed
        )
        arrays = {"samples": x, "smoothed": x_smoothed, "log_density": log_density}
    if single_step:
        result["single_step"], arrows = scores.compare_single_step(
            both, data, num_points=_NUM_ARROWS, seed=scores.TEST_SEED
        )
        arrays |= arrows
    if arrays:
        save_arrays(directory, **arrays)
    return result
