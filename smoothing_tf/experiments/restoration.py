"""Denoising and inpainting of held-out images by two trained stages."""

import numpy as np

from smoothing_tf.evaluation import pictures
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.restoration import (
    draw_denoised,
    inpaint_images,
    picture_inpainted,
)
from smoothing_tf.evaluation.samples import single_steps
from smoothing_tf.experiments.table import Criterion, Table
from smoothing_tf.models.two_stage import GRADIENTS, TwoStageModel
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.seeds import derive_seed, example_seeds

# Of each inpainting, and inpaintings of each image.
NUM_PARTICLES = 8
NUM_INPAINTINGS = 6
_IMAGES_PER_MASK = 3
_GIVEN = "x~, as given"
_EXACT = "single-step, exact gradient"


def denoising(
    two_stage: TwoStageModel, x: np.ndarray, *, num_draws: int, seed: int
) -> tuple[Table, np.ndarray]:
    """How close to x what is made of x~ comes.

    Args:
      two_stage: the model, with Gaussian smoothing for single-step estimates.
      x: held-out images on [-1, 1], float32 [n, h, w, c].
      num_draws: of p(x | x~), for each x~; their mean estimates E[x | x~].
      seed: names noise and draws.

    Returns:
      (a table of mean squared errors, a picture uint8 [height, width, 3]).
    """
    noise_seed = derive_seed(seed, "denoising noise")
    x_smoothed = two_stage.smoothing.distribution(x).sample(seed=noise_seed).numpy()
    seeds = example_seeds(derive_seed(seed, "denoising draws"), len(x) * num_draws)
    draws = draw_denoised(
        two_stage,
        np.repeat(x_smoothed, num_draws, axis=0),
        seeds.numpy(),
        progress=True,
    ).reshape(len(x), num_draws, *x.shape[1:])
    mean_of_draws = draws.mean(axis=1)
    estimates = {_GIVEN: x_smoothed}
    for gradient in GRADIENTS:
        single_step = single_steps(
            two_stage.smoothing, two_stage.smoothed, x_smoothed, gradient, progress=True
        )
        for estimate in single_step.values():
            estimates[f"single-step, {gradient} gradient"] = estimate
    estimates["one draw of p(x|x~)"] = draws[:, 0]
    estimates[f"mean of {num_draws} draws"] = mean_of_draws
    errors = {name: _squared_error(value, x) for name, value in estimates.items()}
    rows = []
    for name, value in estimates.items():
        row = {"estimate": name, "mse": float(errors[name].mean())}
        if name != _GIVEN:
            row["mse - x~"], row["se"] = paired_difference(errors[name], errors[_GIVEN])
        if value is not mean_of_draws:
            row["to the mean"] = float(_squared_error(value, mean_of_draws).mean())
        rows.append(row)
    table = Table(
        title=f"Denoising of {len(x)} images, mean squared error per dimension",
        columns=("estimate", "mse", "mse - x~", "se", "to the mean"),
        rows=tuple(rows),
        notes=(
            "On [-1, 1]; mse - x~: mean over the images of the paired difference, with"
            " its standard error.",
            "to the mean: mean squared distance to the mean of the draws, which"
            f" estimates E[x|x~] up to 1 / {num_draws} of their variance.",
        ),
        criteria=tuple(
            Criterion(
                f"mean squared error, {row['estimate']}, over that of x~",
                row["mse"] / rows[0]["mse"],
                maximum=1.0,
            )
            for row in rows
            if row["estimate"] == _EXACT
        ),
    )
    images = {"Real data": x, **estimates}
    # Narrow columns, to see two images of each side by side.
    captions = {
        _GIVEN: "Given x\u0303",
        _EXACT: "Single step",
        "single-step, truncated gradient": "Truncated",
        "one draw of p(x|x~)": "One draw",
    }
    return table, pictures.labelled_columns(
        {
            captions.get(label, label.capitalize()): unit_to_uint8(image).numpy()
            for label, image in images.items()
        },
        columns=2,
        num_images=16,
    )


def inpainting(
    two_stage: TwoStageModel, x: np.ndarray, num_levels: int, *, seed: int
) -> np.ndarray:
    """Inpaints what four masks leave out of a few images.

    Args:
      two_stage: the model.
      x: held-out images on [-1, 1], float32 [n, h, w, c].
      num_levels: of the data.
      seed: names the draws.

    Returns:
      A picture, uint8 [height, width, 3].
    """
    x = x[:_IMAGES_PER_MASK]
    masks = np.repeat(_masks(*x.shape[1:3]), len(x), axis=0)
    x = np.tile(x, (len(masks) // len(x), 1, 1, 1))
    drawn = inpaint_images(
        two_stage,
        x,
        masks,
        num_inpaintings=NUM_INPAINTINGS,
        num_particles=NUM_PARTICLES,
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
