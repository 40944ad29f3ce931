"""Cells of the experiments on vectors: one model, trained, scored and drawn from.

Arguments and results are plain JSON values; see `cells.Cell`. A model is described by
{"model": name in MODELS, "config": its hyper-parameters}, a training by the fields of
TrainingConfig.
"""

import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from experiments.toys import scores as toy_scores
from experiments.toys.learned_noise import LearnedNoise
from experiments.toys.single_step import compare_single_step
from experiments.toys.training import Fitted, draw_stage, fit
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.models import (
    MODELS,
    DensityModel,
    TwoStageModel,
    build_model,
)
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import SMOOTHINGS
from smoothing_tf.training import TrainingConfig

Json = dict[str, Any]

GRID_SIZE = 320
_NUM_PICTURE_SAMPLES = 10_000
_NUM_ARROWS = 10_000


def plain(
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
    """One density model on clean data.

    Args:
      directory: where arrays for the figure go.
      density: a key of DENSITIES.
      model: its description.
      training: fields of TrainingConfig.
      seed: the run's seed.
      num_points: held-out points to score.
      num_restarts: see `fit`.
      pictures: [low, high] per dimension of a grid to write the density on, and
        samples with it; None writes neither.
      grid_size: points of the grid in each dimension.

    Returns:
      parameters, validation (nats), restarts (stage -> nats of each), nll and nll_se
      (nats).
    """
    data = DENSITIES[density]()
    fitted = _fit_stage(
        "baseline", data, None, model, training, seed=seed, num_restarts=num_restarts
    )
    points = toy_scores.held_out(data, num_points)
    nll = -toy_scores.log_prob(fitted.model, points)
    if pictures is not None:
        samples = fitted.model.sample(_NUM_PICTURE_SAMPLES, seed=seed)
        log_density = toy_scores.log_prob(fitted.model, _grid(pictures, grid_size))
        _save(directory, samples=samples, log_density=log_density)
    return {
        "parameters": fitted.model.count_params(),
        "validation": fitted.validation_nats,
        "restarts": {"baseline": fitted.restarts},
        **toy_scores.mean_and_error("nll", nll, density, points),
    }


def two_stage(
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
    """Both stages, trained apart; see `plain` for the arguments in common.

    Args:
      directory: where arrays for the figure go.
      density: a key of DENSITIES.
      smoothing: a key of SMOOTHINGS.
      noise_scale: standard deviation of the noise per coordinate.
      smoothed: description of p(x~).
      reverse: description of p(x | x~).
      training: of both.
      seed: the run's seed.
      num_points: held-out points to score; 0: the validation loss alone.
      num_restarts: see `fit`, of each stage.
      pictures: see `plain`.
      grid_size: see `plain`.
      single_step: whether to compare single-step denoising with E[x | x~].

    Returns:
      parameters, validation (nats: the negative bound; None where the training of a
      search diverged), restarts, noise_scale, bound and iw with their standard errors
      (nats, negative), single_step.
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
        # A search goes on without this candidate.
        return {"validation": None, "restarts": {}}
    both = TwoStageModel(kernel, stages["smoothed"].model, stages["reverse"].model)
    noise = kernel.distribution(tf.zeros([1, *both.event_shape]))
    losses = sum(stage.validation_nats for stage in stages.values())
    return {
        "validation": losses - float(noise.entropy()[0]),
        "restarts": {name: stage.restarts for name, stage in stages.items()},
        **_score_two_stage(
            both, density, directory, seed, num_points, pictures, grid_size, single_step
        ),
    }


def learned_noise(
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
    """Both stages and the scale of Gaussian noise at once, by the bound.

    `noise_scale` is where the scale starts; for the rest see `two_stage`.
    """
    data = DENSITIES[density]()
    event_shape = tuple(data.event_shape)

    def make_model(initial_seed):
        stages = [
            _build(model, stage, event_shape, initial_seed)
            for stage, model in (("smoothed", smoothed), ("reverse", reverse))
        ]
        return LearnedNoise(*stages, noise_scale)

    def draw(num_examples):
        def draw_step(step):
            x = data.sample(num_examples, seed=derive_seed(seed, "joint data", step))
            noise_seed = derive_seed(seed, "joint noise", step)
            return x, tf.random.stateless_normal(x.shape, noise_seed)

        return draw_step

    fitted = fit(
        "joint",
        make_model,
        draw,
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
            seed,
            num_points,
            pictures,
            grid_size,
        ),
    }


def _fit_stage(
    stage, data, smoothing, model: Json, training: Json, *, seed, num_restarts
) -> Fitted:
    event_shape = tuple(data.event_shape)
    return fit(
        stage,
        lambda initial_seed: _build(model, stage, event_shape, initial_seed),
        draw_stage(stage, data, smoothing, seed=seed),
        TrainingConfig(**training),
        seed=seed,
        num_restarts=num_restarts,
    )


def _build(model: Json, stage: str, event_shape, seed: tf.Tensor) -> DensityModel:
    fields = {
        # JSON has no tuples.
        name: tuple(value) if isinstance(value, list) else value
        for name, value in model["config"].items()
    }
    return build_model(
        model["model"],
        MODELS[model["model"]].config(**fields),
        stage=stage,
        event_shape=event_shape,
        num_levels=None,
        seed=derive_seed(seed, f"weights {stage}"),
    )


def _score_two_stage(
    both: TwoStageModel,
    density: str,
    directory,
    seed,
    num_points,
    pictures,
    grid_size,
    single_step=False,
) -> Json:
    data = DENSITIES[density]()
    result = {
        "parameters": both.smoothed.count_params() + both.reverse.count_params(),
        "noise_scale": both.smoothing.noise_scale,
    }
    if num_points:
        points = toy_scores.held_out(data, num_points)
        bound, weighted = toy_scores.bounds(
            both, points, num_draws=toy_scores.NUM_DRAWS, seed=toy_scores.TEST_SEED
        )
        result |= toy_scores.mean_and_error("bound", -bound, density, points)
        result |= toy_scores.mean_and_error("iw", -weighted, density, points)
    arrays = {}
    if pictures is not None:
        x_smoothed, x = both.sample(_NUM_PICTURE_SAMPLES, seed=seed)
        _, log_density = toy_scores.bounds(
            both, _grid(pictures, grid_size), num_draws=toy_scores.NUM_DRAWS, seed=seed
        )
        arrays = {"samples": x, "smoothed": x_smoothed, "log_density": log_density}
    if single_step:
        result["single_step"], arrows = compare_single_step(
            both, data, num_points=_NUM_ARROWS, seed=toy_scores.TEST_SEED
        )
        arrays |= arrows
    if arrays:
        _save(directory, **arrays)
    return result


def _grid(bounds: list[list[float]], size: int) -> np.ndarray:
    """[size^D, D] points, the first coordinate in the columns."""
    axes = [np.linspace(low, high, size) for low, high in bounds]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(bounds))


def _save(directory: pathlib.Path, **arrays) -> None:
    np.savez_compressed(
        directory / "arrays.npz",
        **{name: np.asarray(array, np.float32) for name, array in arrays.items()},
    )


def picture_of_data(density: str, bounds: list[list[float]]) -> Json:
    """Samples of the data and its log density on the grid, as a cell writes them."""
    data = DENSITIES[density]()
    grid = _grid(bounds, GRID_SIZE)
    return {
        "samples": toy_scores.held_out(data, _NUM_PICTURE_SAMPLES),
        "log_density": data.log_prob(tf.constant(grid, tf.float32)).numpy(),
    }
