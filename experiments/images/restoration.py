"""Denoising and inpainting of held-out images by two trained stages."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from experiments.report.table import Criterion, Measurement, Table, columns_of
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.sampling import denoise_images, inpaint_images, pictures
from smoothing_tf.sampling.sample_pictures import picture_inpainted
from smoothing_tf.sampling.samples import single_steps
from smoothing_tf.seeds import derive_seed, example_seeds, per_example

# Inpaintings of each image.
NUM_INPAINTINGS = 6
_IMAGES_PER_MASK = 3
_GIVEN = "x~, as given"
_SINGLE_STEP = "single-step, {} gradient"
_ONE_DRAW = "one draw of p(x|x~)"


def denoising(
    trained: Trained, x: np.ndarray, *, num_draws: int, seed: int
) -> tuple[Table, np.ndarray]:
    """How close to x what is made of x~ comes.

    Args:
      trained: the trained models, with Gaussian smoothing for single-step estimates.
      x: held-out images on [-1, 1], float32 [n, h, w, c].
      num_draws: of p(x | x~), for each x~, at least 2; their mean estimates
        E[x | x~]. One more is shown by itself.
      seed: names noise and draws.

    Returns:
      (a table of mean squared errors, a picture uint8 [height, width, 3]).
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
    estimates = {_GIVEN: x_smoothed}
    if "single_step" in denoised:
        estimates[_SINGLE_STEP.format("exact")] = denoised["single_step"]
        estimates[_SINGLE_STEP.format("truncated")] = single_steps(
            trained, x_smoothed, "truncated", progress=True
        )["single_step"]
    estimates[_ONE_DRAW] = one_draw
    estimates[f"mean of {num_draws} draws"] = draws.mean(axis=1)
    rows = tuple(_rows(estimates, x, draws))
    table = Table(
        title=f"Denoising of {len(x)} images, mean squared error per dimension",
        columns=columns_of(rows),
        rows=rows,
        notes=(
            "On [-1, 1]; mse - x~: mean over the images of the paired difference. +- is"
            f" a standard error over the {len(x)} images.",
            "to E[x|x~]: mean squared distance to the model's posterior mean, of which"
            f" the mean of {num_draws} other draws is an estimate; the variance of that"
            " mean is taken off.",
        ),
        criteria=tuple(
            Criterion(
                f"mean squared error, {row['estimate']}, over that of x~",
                row["mse"].value / rows[0]["mse"].value,
                maximum=1.0,
            )
            for row in rows[1:]
        ),
        directions=dict.fromkeys(("mse", "mse - x~", "to E[x|x~]"), LOWER_IS_BETTER),
    )
    return table, _picture({"Real data": x, **estimates})


def _rows(
    estimates: Mapping[str, np.ndarray], x: np.ndarray, draws: np.ndarray
) -> Iterator[dict[str, Any]]:
    """Errors of each estimate [n, ...], given draws [n, m, ...] of p(x|x~)."""
    num_draws = draws.shape[1]
    mean = draws.mean(axis=1)
    variance = np.var(draws, axis=1, ddof=1).mean(axis=tuple(range(1, x.ndim)))
    errors = {name: _squared_error(value, x) for name, value in estimates.items()}
    *_, of_draws = estimates
    for name, value in estimates.items():
        row = {"estimate": name, "mse": Measurement.of_mean(errors[name])}
        if name != _GIVEN:
            row["mse - x~"] = Measurement(
                *paired_difference(errors[name], errors[_GIVEN]), n=len(x)
            )
        if name != of_draws:
            distance = _squared_error(value, mean) - variance / num_draws
            row["to E[x|x~]"] = Measurement.of_mean(distance)
        yield row


def _picture(images: Mapping[str, np.ndarray]) -> np.ndarray:
    # Narrow columns, to see two images of each side by side.
    captions = {
        _GIVEN: "Given x\u0303",
        _SINGLE_STEP.format("exact"): "Single step",
        _SINGLE_STEP.format("truncated"): "Truncated",
        _ONE_DRAW: "One draw",
    }
    return pictures.labelled_columns(
        {
            captions.get(label, label.capitalize()): unit_to_uint8(image).numpy()
            for label, image in images.items()
        },
        columns=2,
        num_images=16,
    )


def inpainting(
    trained: Trained,
    x: np.ndarray,
    num_levels: int,
    *,
    num_particles: int,
    seed: int,
) -> np.ndarray:
    """Inpaints what four masks leave out of a few images.

    Args:
      trained: the trained models.
      x: held-out images on [-1, 1], float32 [n, h, w, c].
      num_levels: of the data.
      num_particles: of each inpainting.
      seed: names the draws.

    Returns:
      A picture, uint8 [height, width, 3].
    """
    x = x[:_IMAGES_PER_MASK]
    masks = np.repeat(_masks(*x.shape[1:3]), len(x), axis=0)
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


def _masks(height: int, width: int) -> np.ndarray:
    """Without the lower half, the upper half, the right half, the middle."""
    masks = np.ones((4, height, width), bool)
    masks[0, height // 2 :] = False
    masks[1, : height // 2] = False
    masks[2, :, width // 2 :] = False
    masks[3, height // 4 : -(height // 4), width // 4 : -(width // 4)] = False
    return masks


def _squared_error(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mean over the dimensions of each example."""
    return np.mean(np.square(first - second), axis=tuple(range(1, first.ndim)))
