"""What models of a few dimensions are scored on, and how."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.models import DensityModel, TwoStageModel, importance_weighted_bound
from smoothing_tf.seeds import derive_seed

tfd = tfp.distributions

NUM_DRAWS = 64  # K of the importance-weighted bound
# Of the points that every model is scored on, whatever its seed.
TEST_SEED = 7
_ROWS = 32_000


def held_out(data: tfd.Distribution, num_points: int) -> np.ndarray:
    """The points [num_points, D] that every model is scored on."""
    seed = derive_seed(TEST_SEED, "held-out points")
    return data.sample(num_points, seed=seed).numpy()


def log_prob(model: DensityModel, x: tf.Tensor) -> np.ndarray:
    """log p(x) of each of [n, D] points, float64 [n], nats."""
    return _in_blocks(lambda block, seed: (model.log_prob(block),), x, _ROWS)[0]


def bounds(
    two_stage: TwoStageModel, x: tf.Tensor, *, num_draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Bound and importance-weighted bound on log p(x) of each point.

    Args:
      two_stage: the model.
      x: floating [n, D].
      num_draws: K, draws of x~ for each point, for both.
      seed: names the draws.

    Returns:
      (mean over K of the log weights: the bound, less noisy than from one draw;
      importance-weighted bound of K), float64 [n], nats.
    """

    def score(block: tf.Tensor, block_seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        repeated = tf.repeat(block, num_draws, axis=0)
        x_smoothed = two_stage.smoothing.distribution(repeated).sample(seed=block_seed)
        log_weight = two_stage.bound_terms(repeated, x_smoothed).log_weight()
        log_weights = tf.transpose(tf.reshape(log_weight, [-1, num_draws]))
        return tf.reduce_mean(log_weights, 0), importance_weighted_bound(log_weights)

    seed = derive_seed(seed, "noise of the bound")
    return _in_blocks(score, x, max(1, _ROWS // num_draws), seed=seed)


def marginal_log_prob(
    two_stage: TwoStageModel, x: tf.Tensor, x_smoothed: tf.Tensor
) -> np.ndarray:
    """log of the integral of p(x~) p(x|x~) over x~, which is no bound.

    Args:
      two_stage: a model of one dimension.
      x: floating [n, 1].
      x_smoothed: floating [m, 1], evenly spaced, over all that p(x~) reaches.

    Returns:
      float64 [n], nats.
    """
    x_smoothed = np.asarray(x_smoothed, np.float64)
    log_step = np.log(x_smoothed[1, 0] - x_smoothed[0, 0])
    log_smoothed = log_prob(two_stage.smoothed, x_smoothed)

    def score(block: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor]:
        del seed
        pairs = (
            tf.repeat(block, len(x_smoothed), axis=0),
            tf.tile(x_smoothed, [tf.shape(block)[0], 1]),
        )
        log_reverse = two_stage.reverse.log_prob(*pairs)
        log_joint = tf.reshape(log_reverse, [-1, len(x_smoothed)]) + log_smoothed
        return (tf.reduce_logsumexp(log_joint, axis=1) + log_step,)

    return _in_blocks(score, x, max(1, _ROWS // len(x_smoothed)))[0]


def mean_and_error(
    name: str, values: np.ndarray, density: str, points: np.ndarray
) -> dict[str, float]:
    """Expectation of a score over the data, and standard error, by a control variate.

    The negative log-likelihood of the data's own density is known at every point, and
    its expectation is the entropy: what the score is above it varies less than the
    score itself.

    Args:
      name: of the score.
      values: [n], nats, near -log p(x).
      density: a key of DENSITIES.
      points: [n, D], draws of it.

    Returns:
      The expectation and the error under the names NAME and NAME_se.
    """
    data = DENSITIES[density](tf.float64)
    excess = values + data.log_prob(points.astype(np.float64)).numpy()
    error = excess.std(ddof=1) / np.sqrt(len(excess))
    return {
        name: float(data.entropy()) + float(excess.mean()),
        f"{name}_se": float(error),
    }


def _in_blocks(
    function: Callable[..., tuple[tf.Tensor, ...]],
    x: tf.Tensor,
    size: int,
    seed: tf.Tensor | None = None,
) -> tuple[np.ndarray, ...]:
    """Applies `function` to (float64 block of x, its seed); joins the results."""
    compiled = tf.function(function, jit_compile=True)
    seed = tf.constant([0, 0]) if seed is None else seed
    x = np.asarray(x, np.float64)
    results = []
    for number, start in enumerate(range(0, len(x), size)):
        block = x[start : start + size]
        # One shape compiles once; what the last block lacks is cut off again.
        padded = np.concatenate([block, np.repeat(x[:1], size - len(block), axis=0)])
        block_seed = tf.random.experimental.stateless_fold_in(seed, number)
        values = compiled(tf.constant(padded), block_seed)
        results.append([value.numpy()[: len(block)] for value in values])
    return tuple(np.concatenate(parts) for parts in zip(*results, strict=True))
