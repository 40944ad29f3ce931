"""Columns: samples of p(x~), single-step, p(x|x~) and a baseline, as in the paper.

The baseline is the same kind of model on clean data, with as many parameters as both
stages together. Beside the columns, what the two stages make of held-out images,
denoised and inpainted. The configuration says which data, which models and how long.
"""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smoothing_tf import artifacts, config, workdir
from smoothing_tf.config import Config
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.pictures import png_bytes
from smoothing_tf.evaluation.sample_metrics import metric_name
from smoothing_tf.experiments import image_runs, restoration
from smoothing_tf.experiments.cells import Cells
from smoothing_tf.experiments.result import Result
from smoothing_tf.experiments.table import Criterion, Table, columns_of
from smoothing_tf.numerics import levels_to_unit

_EXTRACTOR = "randconv"
_SIZE_TOLERANCE = 0.05
# Held-out images to denoise, and draws for each.
_NUM_DENOISED = 100
_NUM_DRAWS = 20
# Kind of sample -> (label, stages it comes from, name of its likelihood).
_COLUMNS = {
    "smoothed": ("p(x~)", ("smoothed",), None),
    "single_step": ("single-step", ("smoothed",), None),
    "samples": ("p(x|x~), two-step", ("smoothed", "reverse"), "bits_per_dim"),
    "baseline": ("baseline", ("baseline",), "bits_per_dim_baseline"),
}


def run(
    directory: artifacts.Path, *, quick: bool, cells: Cells, flags: Sequence[str]
) -> Result:
    """Trains the stages and the baseline, and evaluates them side by side.

    Args:
      directory: the working directory goes below it.
      quick: a few steps only, to see it run; the numbers mean nothing then.
      cells: not used: training resumes by itself.
      flags: of the configuration, e.g. of configs/photos_pixelcnnpp.cfg.

    Raises:
      ValueError: the flags make no configuration of images.
    """
    del cells
    directory = pathlib.Path(directory) / "workdir"
    experiment = config.parse(flags)
    dataset = image_runs.open_images(experiment)
    if quick:
        experiment = image_runs.shortened(experiment)
    metrics, per_image = image_runs.evaluated(experiment, directory, artifacts.STAGES)
    table = _table(experiment, dataset, metrics, per_image)
    experiment = workdir.load_config(directory)
    two_stage = workdir.require_two_stage(experiment, dataset, directory)
    levels = dataset.array(metrics["bits_per_dim"]["split"])[:_NUM_DENOISED]
    x = levels_to_unit(levels, dataset.num_levels).numpy()
    denoising, denoised = restoration.denoising(
        two_stage, x, num_draws=_NUM_DRAWS, seed=experiment.seed
    )
    inpainted = restoration.inpainting(
        two_stage, x, dataset.num_levels, seed=experiment.seed
    )
    return Result(
        {"table": table, "denoising": denoising},
        {
            "figure": image_runs.columns_picture(directory),
            "denoised": png_bytes(denoised),
            "inpainted": png_bytes(inpainted),
        },
        {
            "figure": "Real images, samples of p(x~), the same after single-step"
            " denoising, two-step samples, samples of the baseline.",
            "denoised": "Held-out images, their x~, and what is made of it.",
            "inpainted": "Held-out images with what is missing in blue, and"
            f" {restoration.NUM_INPAINTINGS} inpaintings of each with"
            f" {restoration.NUM_PARTICLES} particles.",
        },
    )


def _table(
    experiment: Config,
    dataset: Dataset,
    metrics: Mapping[str, Any],
    per_image: Mapping[str, np.ndarray],
) -> Table:
    """The columns with their sizes, likelihoods and distances."""
    rows = []
    for kind, (label, stages, likelihood) in _COLUMNS.items():
        row: dict[str, Any] = {"column": label}
        row["parameters"] = image_runs.num_parameters(experiment, dataset, *stages)
        if likelihood is not None:
            row["bits_per_dim"] = metrics[likelihood]["value"]
            row["se"] = metrics[likelihood]["se"]
        distance = metrics.get(metric_name("fd", _EXTRACTOR, kind))
        if distance is not None and distance["value"] is not None:
            row["fd"], row["fd_se"] = distance["value"], distance["se"]
            row["fd_floor"] = distance["floor"]["value"]
        rows.append(row)
    behind, behind_se = paired_difference(
        per_image["bits_per_dim_baseline"], per_image["bits_per_dim"]
    )
    both, baseline = (row["parameters"] for row in rows[2:])
    return Table(
        title=f"{experiment.data.dataset}, {metrics['bits_per_dim']['n']} images of the"
        f" {metrics['bits_per_dim']['split']} split",
        columns=columns_of(rows),
        rows=tuple(rows),
        notes=(
            "bits_per_dim: the bound of the two stages, the likelihood of the baseline."
            f" The baseline is behind by {behind:.4f} +- {behind_se:.4f} per image.",
            f"fd: Frechet distance to training images in the features of {_EXTRACTOR};"
            " fd_floor: that between real images. Lower is better.",
        ),
        criteria=(
            Criterion(
                "parameters of the baseline over those of both stages",
                baseline / both,
                minimum=1.0 - _SIZE_TOLERANCE,
                maximum=1.0 + _SIZE_TOLERANCE,
            ),
        ),
    )
