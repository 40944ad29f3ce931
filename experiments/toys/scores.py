"""Scores of models of vectors with few dimensions."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.data.densities import (
    DENSITIES,
    BlurredCircles,
    Spikes,
    posterior_mean,
)
from smoothing_tf.models import (
    Condition,
    DensityModel,
    TwoStageModel,
    importance_weighted_bound,
    single_step_denoise,
)
from smoothing_tf.seeds import derive_seed

tfd = tfp.distributions

NUM_DRAWS = 64  # K of the importance-weighted bound.
# Seed of the held-out points, the same for models of all seeds.
TEST_SEED = 7
# Number of points, or of pairs of points, per compiled call.
_BLOCK_SIZE = 32_000


def draw_held_out(data: tfd.Distribution, num_points: int) -> np.ndarray:
    """Draws the points [num_points, D] on which every model is scored."""
    seed = derive_seed(TEST_SEED, "held-out points")
    return data.sample(num_points, seed=seed).numpy()


def log_prob(model: DensityModel, x: tf.Tensor) -> np.ndarray:
    """Computes log p(x) of points [n, D], float64 [n], nats."""
    return _map_blocks(lambda block: (model.log_prob(block),), x, _BLOCK_SIZE)[0]


def bounds(
    two_stage: TwoStageModel, x: tf.Tensor, *, num_draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Computes the bound and the importance-weighted bound on log p(x).

    Args:
      two_stage: the model.
      x: points, floating [n, D].
      num_draws: K, the number of draws of x~ for each point.
      seed: seed of the draws.

    Returns:
      (bound, importance-weighted bound), each float64 [n], nats. The bound is the mean
      of K log weights, which is less noisy than a single one.
    """

    def score(block: tf.Tensor, block_seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        repeated = tf.repeat(block, num_draws, axis=0)
        x_smoothed = two_stage.smoothing.distribution(repeated).sample(seed=block_seed)
        log_weight = two_stage.bound_terms(repeated, x_smoothed).log_weight()
        log_weights = tf.transpose(tf.reshape(log_weight, [-1, num_draws]))
        return tf.reduce_mean(log_weights, 0), importance_weighted_bound(log_weights)

    seed = derive_seed(seed, "noise of the bound")
    return _map_blocks(score, x, max(1, _BLOCK_SIZE // num_draws), seed=seed)


def marginal_log_prob(
    two_stage: TwoStageModel, x: tf.Tensor, x_smoothed: tf.Tensor
) -> np.ndarray:
    """Computes the log of the integral of p(x~) p(x|x~) over x~, which is exact.

    Args:
      two_stage: a model of one dimension.
      x: points, floating [n, 1].
      x_smoothed: evenly spaced points that cover the support of p(x~), floating [m, 1].

    Returns:
      log p(x), float64 [n], nats.
    """
    x_smoothed = np.asarray(x_smoothed, np.float64)
    log_step = np.log(x_smoothed[1, 0] - x_smoothed[0, 0])
    log_smoothed = log_prob(two_stage.smoothed, x_smoothed)

    def score(block: tf.Tensor) -> tuple[tf.Tensor]:
        repeated = tf.repeat(block, len(x_smoothed), axis=0)
        condition = Condition(tf.tile(x_smoothed, [tf.shape(block)[0], 1]))
        log_reverse = two_stage.reverse.log_prob(repeated, condition)
        log_joint = tf.reshape(log_reverse, [-1, len(x_smoothed)]) + log_smoothed
        return (tf.reduce_logsumexp(log_joint, axis=1) + log_step,)

    return _map_blocks(score, x, max(1, _BLOCK_SIZE // len(x_smoothed)))[0]


def mean_and_error(
    name: str, values: np.ndarray, density: str, points: np.ndarray
) -> dict[str, float]:
    """Estimates the mean of a score over the data, with a control variate.

    The negative log-likelihood of the data's own density is known at every point, and
    its expectation is the entropy. The excess of the score over it varies less than
    the score itself.

    Args:
      name: name of the score.
      values: scores of the points, nats, [n].
      density: a key of DENSITIES.
      points: draws from the density, [n, D].

    Returns:
      NAME -> mean and NAME_se -> standard error, nats.
    """
    data = DENSITIES[density](tf.float64)
    excess = values + data.log_prob(points.astype(np.float64)).numpy()
    error = excess.std(ddof=1) / np.sqrt(len(excess))
    return {
        name: float(data.entropy()) + float(excess.mean()),
        f"{name}_se": float(error),
    }


def compare_single_step(
    both: TwoStageModel,
    data: BlurredCircles | Spikes,
    *,
    num_points: int,
    seed: int,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Compares single-step denoising with the exact posterior mean E[x | x~].

    Args:
      both: model with Gaussian smoothing.
      data: density of x.
      num_points: number of x~ to denoise.
      seed: seed of the x~.

    Returns:
      ("x_smoothed", "exact" and "truncated" -> root mean squared distance of x~, and of
      its denoised points with either gradient, to E[x | x~]; "arrow_start",
      "arrow_posterior_mean", "arrow_exact" and "arrow_truncated" -> points
      [num_points, D]).
    """
    x = data.sample(num_points, seed=derive_seed(seed, "single step data"))
    noise_seed = derive_seed(seed, "single step noise")
    x_smoothed = both.smoothing.distribution(x).sample(seed=noise_seed)
    exact = np.asarray(posterior_mean(data, both.smoothing.noise_scale, x_smoothed))
    estimates = {
        gradient: single_step_denoise(
            both.smoothing, both.smoothed, x_smoothed, gradient=gradient
        ).numpy()
        for gradient in ("exact", "truncated")
    }
    points = {"x_smoothed": x_smoothed.numpy(), **estimates}
    distances = {
        name: float(np.sqrt(np.mean(np.sum((value - exact) ** 2, axis=-1))))
        for name, value in points.items()
    }
    return distances, {
        "arrow_start": points["x_smoothed"],
        "arrow_posterior_mean": exact,
        **{f"arrow_{name}": value for name, value in estimates.items()},
    }


def _map_blocks(
    function: Callable[..., tuple[tf.Tensor, ...]],
    x: tf.Tensor,
    size: int,
    seed: tf.Tensor | None = None,
) -> tuple[np.ndarray, ...]:
    """Applies a function to blocks of points and joins the results.

    Args:
      function: function of a float64 block and, if there is a seed, the block's seed.
      x: points, floating [n, ...].
      size: number of points in a block.
      seed: seed [2] from which the seeds of the blocks are derived, or None.

    Returns:
      The joined outputs of the function, each [n, ...].
    """
    compiled = tf.function(function, jit_compile=True, autograph=False)
    x = np.asarray(x, np.float64)
    results = []
    for number, start in enumerate(range(0, len(x), size)):
        block = x[start : start + size]
        # Padding the last block gives all blocks one shape, which compiles once.
        padded = np.concatenate([block, np.repeat(x[:1], size - len(block), axis=0)])
        arguments = [tf.constant(padded)]
        if seed is not None:
            arguments.append(tf.random.experimental.stateless_fold_in(seed, number))
        values = compiled(*arguments)
        results.append([value.numpy()[: len(block)] for value in values])
    return tuple(np.concatenate(parts) for parts in zip(*results, strict=True))
