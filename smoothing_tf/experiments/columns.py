"""Columns: samples of p(x~), single-step, p(x|x~) and a baseline, as in the paper.

The baseline is the same kind of model on clean data, with as many parameters as both
stages together. The configuration says which data, which models and how long.
"""

import pathlib
from collections.abc import Sequence
from typing import Any

from smoothing_tf import artifacts, config
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.sample_metrics import metric_name
from smoothing_tf.experiments import image_runs
from smoothing_tf.experiments.cells import Cells
from smoothing_tf.experiments.result import Result
from smoothing_tf.experiments.table import Criterion, Table, columns_of

_EXTRACTOR = "randconv"
_SIZE_TOLERANCE = 0.05
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
    table = Table(
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
    return Result(
        {"table": table},
        {"figure": image_runs.columns_picture(directory)},
        {
            "figure": "Real images, samples of p(x~), the same after single-step"
            " denoising, two-step samples, samples of the baseline."
        },
    )
