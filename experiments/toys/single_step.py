"""Single-step denoising beside the exact posterior mean."""

import numpy as np

from smoothing_tf.data.densities import BlurredCircles, Spikes, posterior_mean
from smoothing_tf.models import TwoStageModel, single_step_denoise
from smoothing_tf.seeds import derive_seed


def compare_single_step(
    both: TwoStageModel,
    data: BlurredCircles | Spikes,
    *,
    num_points: int,
    seed: int,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Root mean squared distance to E[x | x~] of both gradients, and of x~ itself.

    Args:
      both: with Gaussian smoothing.
      data: the density of x, one whose smoothed density is known.
      num_points: how many x~ are denoised.
      seed: names them.

    Returns:
      ("x_smoothed", "exact" and "truncated" -> distance, "arrow_start",
      "arrow_posterior_mean", "arrow_exact" and "arrow_truncated" -> [num_points, D]).
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
