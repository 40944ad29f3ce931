"""Single-step denoising of samples of a model that was trained without smoothing.

The step x + sigma^2 d/dx log p(x) is a denoiser where p was trained on data with
Gaussian noise of sigma. Here p is trained on clean images, with uniform noise as wide
as one level, because a mass over levels has no useful gradient. Its settings are those
of the stage smoothed.
"""

import dataclasses
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from experiments.images import runs
from experiments.images.kept_draws import open_draws
from experiments.images.reference import Reference, describe_non_finite, subtract
from experiments.images.trainings import average_distances
from experiments.report.table import Table, TableRow, column_names
from smoothing_tf import workdir
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.extractors import RandConv
from smoothing_tf.evaluation.frechet import FrechetJackknife
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import levels_to_unit, unit_to_uint8
from smoothing_tf.parts import Parts
from smoothing_tf.sampling import draw_samples, pictures
from smoothing_tf.sampling.kinds import real_uint8
from smoothing_tf.sampling.labels import LABEL
from smoothing_tf.sampling.samples import single_steps
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.stage import Stage

# Noise scales of the step, in units of the run's own.
_FRACTIONS = (0.125, 0.25, 0.5, 1.0)
_NUM_PICTURED = 16


def run(
    flags: Sequence[str],
    directory: pathlib.Path,
    smoothed: runs.ImageRun,
    *,
    max_reference: int | None,
    quick: bool,
) -> tuple[Table, np.ndarray]:
    """Trains a model without smoothing, and compares single steps from its samples.

    Args:
      flags: flags of the configuration.
      directory: working directory of the model without smoothing.
      smoothed: the first training of the configuration.
      max_reference: number of training images to compare with; None for many.
      quick: whether to shorten the training.

    Returns:
      (table of Frechet distances, picture uint8 [height, width, 3]).
    """
    dataset, config = smoothed.dataset, smoothed.config
    assert dataset.num_levels is not None and config.smoothing.noise_scale is not None
    trained = train(flags, directory, dataset, quick=quick)
    noise_scale = config.smoothing.noise_scale
    number = config.evaluation.num_samples
    parts = open_draws(
        directory.with_name(f"{directory.name}-steps"),
        list(trained.models.values()),
        trained.smoothing,
        about=(number, config.seed),
    )
    steps = draw_single_steps(
        trained, noise_scale, number, seed=config.seed, parts=parts
    )
    training = real_uint8(dataset, "train")
    return compare(
        steps,
        smoothed.samples(),
        noise_scale,
        Reference(RandConv(dataset.event_shape[-1]), training, max_reference),
        dataset.num_levels,
        config.data.dataset,
    )


def train(
    flags: Sequence[str], directory: pathlib.Path, dataset: Dataset, *, quick: bool
) -> Trained:
    """Trains p(x) on images with uniform noise as wide as one level.

    Args:
      flags: flags of the configuration; the model is that of its stage smoothed.
      directory: working directory of the training.
      dataset: data set of the configuration.
      quick: whether to shorten the training.

    Returns:
      The model, as the stage smoothed.
    """
    assert dataset.num_levels is not None
    level_width = 2.0 / (dataset.num_levels - 1)
    own = [
        *flags,
        "--smoothing=uniform",
        f"--noise_scale={level_width / math.sqrt(12.0)}",
    ]
    config, dataset = runs.train(own, directory, (Stage.SMOOTHED,), quick=quick)
    return workdir.load_trained(config, dataset, directory, (Stage.SMOOTHED,))


def draw_single_steps(
    trained: Trained,
    noise_scale: float,
    num_samples: int,
    *,
    seed: int,
    parts: Parts | None = None,
) -> dict[float, np.ndarray]:
    """Draws samples, and takes a single step from each for several sigma.

    Args:
      trained: model of `train`.
      noise_scale: largest sigma.
      num_samples: number of samples.
      seed: the run's seed.
      parts: stores the samples and gradients as they are computed; None stores nothing.

    Returns:
      sigma -> float32 [num_samples, h, w, c], the same samples after the step, not
      clipped; for sigma 0 the samples themselves.
    """
    drawn = draw_samples(trained, num_samples, seed=seed, progress=True, parts=parts)
    x = drawn["smoothed"]
    # A step of sigma 1 gives the gradient of log p(x), which is the same for all sigma.
    unit = dataclasses.replace(trained, smoothing=Gaussian(1.0))
    step = single_steps(
        unit, x, "exact", progress=True, parts=parts, label=drawn.get(LABEL)
    )
    score = step["single_step"] - x
    sigmas = [fraction * noise_scale for fraction in _FRACTIONS]
    return {0.0: x} | {sigma: x + sigma**2 * score for sigma in sigmas}


def compare(
    steps: Mapping[float, np.ndarray],
    smoothed: Mapping[str, np.ndarray],
    noise_scale: float,
    reference: Reference,
    num_levels: int,
    title: str,
) -> tuple[Table, np.ndarray]:
    """Compares single steps of both models with real images.

    Args:
      steps: sigma -> images, as `draw_single_steps` returns them.
      smoothed: images of the stage smoothed: "smoothed", samples of p(x~), float on
        [-1, 1], and if the smoothing is Gaussian "single_step", the same after the
        step, uint8; [n, h, w, c].
      noise_scale: sigma of the stage smoothed.
      reference: training images.
      num_levels: number of levels of the data.
      title: name of the data set.

    Returns:
      (table of Frechet distances, picture uint8 [height, width, 3]).
    """
    without = {f"sigma {sigma:.3g}": x for sigma, x in steps.items()}
    groups = {"without noise": without}
    if "single_step" in smoothed:
        single = levels_to_unit(smoothed["single_step"], 256).numpy()
        groups["smoothed"] = {
            "x~": smoothed["smoothed"],
            f"sigma {noise_scale:.3g}": single,
        }
    rows = []
    shown: list[np.ndarray | None] = []
    for model, versions in groups.items():
        distances: dict[str, FrechetJackknife] = {}
        first, *_ = versions
        for name, x in versions.items():
            step = "none" if name == first else name
            row: TableRow = {"trained": model, "step": step}
            rows.append(row)
            reason = describe_non_finite(x)
            if reason is not None:
                row["reason"] = reason
                shown.append(None)
                continue
            images = unit_to_uint8(x, num_levels).numpy()
            shown.append(images)
            distances[name] = reference.distance(images)
            row["fd"] = average_distances([distances[name]])
            if name != first and first in distances:
                change = subtract(distances[name], distances[first])
                row["fd - none"] = average_distances([change])
    columns = column_names(rows)
    table = Table(
        title=f"{title}: a single step from samples of models trained without and with"
        " Gaussian noise",
        columns=columns,
        rows=tuple(rows),
        notes=(
            "without noise: p(x), trained on clean images with uniform noise as wide as"
            " one level, with the settings of the stage smoothed. The step is x +"
            " sigma^2 d/dx log p(x).",
            f"fd: Frechet distance, in the features of {reference.extractor.id}, to"
            f" {reference.num_images} training images, after rounding to the levels of"
            " the data. fd - none: paired difference from the same samples without the"
            " step. +-: standard error, by jackknife over the samples and the training"
            " images, of one training of each model.",
        ),
        directions={
            name: LOWER_IS_BETTER for name in ("fd", "fd - none") if name in columns
        },
    )
    captions = ["Samples", *(f"Step, {sigma:.2g}" for sigma in steps if sigma)]
    captions += ["Smoothed, x\u0303", "Step from x\u0303"]
    # Without a single step of the smoothed model, the last captions are left over.
    pictured = {
        caption: images[:_NUM_PICTURED]
        for caption, images in zip(captions, shown)
        if images is not None
    }
    if not pictured:
        blank = np.zeros((1, *steps[0.0].shape[1:]), np.uint8)
        pictured = {"None finite": blank}
    return table, pictures.labeled_columns(
        pictured, columns=2, num_images=_NUM_PICTURED
    )
