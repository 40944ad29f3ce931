"""Cells of the spikes: a model of one dimension, trained and scored."""

import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from experiments.toys import runs, scores
from experiments.toys.joint_made import JointMADE
from experiments.toys.pictures import save_arrays
from experiments.toys.training import fit, make_stage_draw
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.models import TwoStageModel
from smoothing_tf.models.made import MADEConfig
from smoothing_tf.smoothing import SMOOTHINGS
from smoothing_tf.training import TrainingConfig

Json = dict[str, Any]

BOUNDS = (-1.1, 1.1)
# Step of the grid, a fifth of a spike's standard deviation.
_STEP = 0.002
GRID_SIZE = round((BOUNDS[1] - BOUNDS[0]) / _STEP) + 1
# Initial locations; in one dimension nothing else differs between restarts.
_LOCATIONS = {"initial_range": 1.0, "initial_jitter": 1.0}


def train_joint_made(
    directory: pathlib.Path,
    *,
    smoothing: str,
    noise_scale: float,
    training: Json,
    num_points: int,
    num_restarts: int,
) -> Json:
    """Trains and scores one MADE over [x~, x] that provides p(x~) and p(x|x~).

    Args:
      directory: directory for the log density on a grid.
      smoothing: a key of SMOOTHINGS.
      noise_scale: standard deviation of the noise.
      training: fields of TrainingConfig.
      num_points: number of held-out points to score.
      num_restarts: number of starts; see `fit`.

    Returns:
      parameters, validation (nats: the negative bound), restarts (nats of each start),
      nll by quadrature, bound and iw with their standard errors (nats, negative).
    """
    data = DENSITIES["spikes"]()
    kernel = SMOOTHINGS[smoothing](noise_scale)
    config = MADEConfig(
        hidden_units=(128,) * 3, num_mixtures=2, activation="silu", **_LOCATIONS
    )
    fitted = fit(
        "joint",
        lambda seed: JointMADE(config, (1,), 2.0 * noise_scale, seed=seed),
        make_stage_draw("joint", data, kernel, seed=0),
        TrainingConfig(**training),
        seed=0,
        num_restarts=num_restarts,
    )
    both = TwoStageModel(kernel, fitted.model.smoothed, fitted.model.reverse)
    points = scores.draw_held_out(data, num_points)
    bound, weighted = scores.bounds(both, points, num_draws=scores.NUM_DRAWS, seed=0)
    grid = np.linspace(*BOUNDS, GRID_SIZE)[:, None]
    # The mass of any noise beyond ten standard deviations is negligible.
    far = BOUNDS[1] + 10.0 * noise_scale
    x_smoothed = np.linspace(-far, far, round(2.0 * far / _STEP))[:, None]
    log_density = scores.marginal_log_prob(both, grid, x_smoothed)
    save_arrays(directory, log_density=log_density)
    data_log_density = DENSITIES["spikes"](tf.float64).log_prob(grid).numpy()
    noise = kernel.distribution(tf.zeros([1, 1]))
    return {
        "parameters": fitted.model.count_params(),
        "validation": fitted.validation_nats - float(noise.entropy()[0]),
        "restarts": fitted.restarts,
        "nll": -float(np.trapezoid(np.exp(data_log_density) * log_density, grid[:, 0])),
        **scores.mean_and_error("bound", -bound, "spikes", points),
        **scores.mean_and_error("iw", -weighted, "spikes", points),
    }


def train_mixture(
    directory: pathlib.Path,
    *,
    num_mixtures: int,
    training: Json,
    num_points: int,
    num_restarts: int,
) -> Json:
    """Trains and scores a mixture of logistics, which is a MADE of one dimension.

    Args:
      directory: directory for the log density on a grid.
      num_mixtures: number of logistics.
      training: fields of TrainingConfig.
      num_points: number of held-out points to score.
      num_restarts: number of starts; see `fit`.

    Returns:
      parameters, validation (nats), restarts (nats of each start), nll and nll_se
      (nats).
    """
    config = {"hidden_units": [1], "num_mixtures": num_mixtures, **_LOCATIONS}
    result = runs.train_plain(
        directory,
        density="spikes",
        model={"model": "made", "config": config},
        training=training,
        seed=0,
        num_points=num_points,
        num_restarts=num_restarts,
        pictures=[list(BOUNDS)],
        grid_size=GRID_SIZE,
    )
    # Each logistic has a location, a scale and a weight, and the weights sum to one.
    return result | {
        "parameters": 3 * num_mixtures - 1,
        "restarts": result["restarts"]["baseline"],
    }
