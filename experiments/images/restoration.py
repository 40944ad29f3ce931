"""Denoising and inpainting of held-out images by two trained stages."""

from collections.abc import Iterator, Mapping

import numpy as np

from experiments.report.table import (
    Criterion,
    Measurement,
    Table,
    TableRow,
    column_names,
)
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.sampling import denoise_images, inpaint_images, pictures
from smoothing_tf.sampling.sample_pictures import picture_inpainted
from smoothing_tf.sampling.samples import single_steps
from smoothing_tf.seeds import derive_seed, example_seeds, per_example

# Number of inpaintings of each image.
NUM_INPAINTINGS = 6
_IMAGES_PER_MASK = 3
_NOISY = "x~, as given"
_SINGLE_STEP = "single-step, {} gradient"
_ONE_DRAW = "one draw of p(x|x~)"


def compare_denoising(
    trained: Trained, x: np.ndarray, *, num_draws: int, seed: int
) -> tuple[Table, np.ndarray]:
    """Measures the errors of several ways of denoising x~.

    Args:
      trained: the trained models; with Gaussian smoothing, single-step estimates are
        among the ways.
      x: held-out images on [-1, 1], float32 [n, h, w, c].
      num_draws: number of draws from p(x | x~) for each x~, at least 2, whose mean
        estimates E[x | x~]. One more draw is an estimate of its own.
      seed: seed of the noise and of the draws.

    Returns:
      (table of mean squared errors, picture uint8 [height, width, 3]).
    """
    seeds = example_seeds(derive_seed(seed, "denoising"), len(x))
    x_smoothed = per_example(
        lambda x, seed: trained.smoothing.distribution(x[None]).sample(seed=seed),
        "noise",
        seeds,
        x,
    ).numpy()
    denoised = denoise_images(
        trained, x_smoothed, num_draws=num_draws + 1, seed=seed, progress=True
    )
    draws = denoised["samples"].reshape(len(x), num_draws + 1, *x.shape[1:])
    one_draw, draws = draws[:, 0], draws[:, 1:]
    estimates = {_NOISY: x_smoothed}
    if "single_step" in denoised:
        estimates[_SINGLE_STEP.format("exact")] = denoised["single_step"]
        estimates[_SINGLE_STEP.format("truncated")] = single_steps(
            trained, x_smoothed, "truncated", progress=True
        )["single_step"]
    estimates[_ONE_DRAW] = one_draw
    estimates[f"mean of {num_draws} draws"] = draws.mean(axis=1)
    rows = tuple(_make_rows(estimates, x, draws))
    table = Table(
        title=f"Denoising of {len(x)} images, mean squared error per dimension",
        columns=column_names(rows),
        rows=rows,
        notes=(
            "For images on [-1, 1]. mse - x~: mean paired difference over the images."
            f" +-: standard error over the {len(x)} images, of one training: without"
            " the spread over trainings.",
            "to E[x|x~]: mean squared distance to the model's posterior mean, which is"
            f" estimated by the mean of {num_draws} other draws; the variance of that"
            " mean is subtracted.",
        ),
        criteria=tuple(
            Criterion(
                f"ratio of the mean squared errors, {row['estimate']} to x~",
                row["mse"].value / rows[0]["mse"].value,
                maximum=1.0,
            )
            for row in rows[1:]
        ),
        directions=dict.fromkeys(("mse", "mse - x~", "to E[x|x~]"), LOWER_IS_BETTER),
    )
    return table, _draw_columns({"Real data": x, **estimates})


def _make_rows(
    estimates: Mapping[str, np.ndarray], x: np.ndarray, draws: np.ndarray
) -> Iterator[TableRow]:
    """Measures the errors of estimates [n, ...], given draws [n, m, ...] of p(x|x~)."""
    num_draws = draws.shape[1]
    mean = draws.mean(axis=1)
    variance = np.var(draws, axis=1, ddof=1).mean(axis=tuple(range(1, x.ndim)))
    errors = {name: _squared_error(value, x) for name, value in estimates.items()}
    *_, mean_of_draws = estimates
    for name, value in estimates.items():
        row: TableRow = {"estimate": name, "mse": Measurement.of_mean(errors[name])}
        if name != _NOISY:
            row["mse - x~"] = Measurement(
                *paired_difference(errors[name], errors[_NOISY]), n=len(x)
            )
        if name != mean_of_draws:
            distance = _squared_error(value, mean) - variance / num_draws
            row["to E[x|x~]"] = Measurement.of_mean(distance)
        yield row


def _draw_columns(images: Mapping[str, np.ndarray]) -> np.ndarray:
    # Short captions, for columns that are only two images wide.
    captions = {
        _NOISY: "Given x\u0303",
        _SINGLE_STEP.format("exact"): "Single step",
        _SINGLE_STEP.format("truncated"): "Truncated",
        _ONE_DRAW: "One draw",
    }
    return pictures.labeled_columns(
        {
            captions.get(label, label.capitalize()): unit_to_uint8(image).numpy()
            for label, image in images.items()
        },
        columns=2,
        num_images=16,
    )


def draw_inpaintings(
    trained: Trained,
    x: np.ndarray,
    num_levels: int,
    *,
    num_particles: int,
    seed: int,
) -> np.ndarray:
    """Inpaints a few images with four masks.

    Args:
      trained: the trained models.
      x: held-out images on [-1, 1], float32 [n, h, w, c].
      num_levels: number of levels of the data.
      num_particles: number of particles of each inpainting.
      seed: seed of the draws.

    Returns:
      A picture, uint8 [height, width, 3].
    """
    x = x[:_IMAGES_PER_MASK]
    masks = np.repeat(_make_masks(*x.shape[1:3]), len(x), axis=0)
    x = np.tile(x, (len(masks) // len(x), 1, 1, 1))
    drawn = inpaint_images(
        trained,
        x,
        masks,
        num_inpaintings=NUM_INPAINTINGS,
        num_particles=num_particles,
        seed=seed,
        progress=True,
    )["samples"]
    given, inpainted = (
        unit_to_uint8(image, num_levels).numpy() for image in (x, drawn)
    )
    return picture_inpainted(given, masks, inpainted)


def _make_masks(height: int, width: int) -> np.ndarray:
    """Makes masks without the lower, the upper and the right half, and the middle."""
    masks = np.ones((4, height, width), bool)
    masks[0, height // 2 :] = False
    masks[1, : height // 2] = False
    masks[2, :, width // 2 :] = False
    masks[3, height // 4 : -(height // 4), width // 4 : -(width // 4)] = False
    return masks


def _squared_error(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Computes the mean squared error of each example [n, ...]."""
    return np.mean(np.square(first - second), axis=tuple(range(1, first.ndim)))
