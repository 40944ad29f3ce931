"""Columns: samples of p(x~), single-step, p(x|x~) and a baseline, as in the paper.

The baseline is the same kind of model on clean data, with as many parameters as both
stages together. Beside the columns, what the two stages make of held-out images,
denoised and inpainted. The configuration says which data, which models and how long.
"""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.images import restoration
from experiments.images import runs as image_runs
from experiments.report.result import Result
from experiments.report.table import Measurement, Table, columns_of
from smoothing_tf import artifacts, config, workdir
from smoothing_tf.config import Config
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.sample_metrics import MIN_IMAGES, metric_name
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.sampling.pictures import png_bytes

_EXTRACTOR = "randconv"


class _Restored(NamedTuple):
    """How much is denoised and inpainted."""

    num_denoised: int = 100
    num_draws: int = 20
    num_particles: int = 8


_QUICK = _Restored(num_denoised=10, num_draws=2, num_particles=2)
# Kind of sample -> (label, stages it comes from, name of its likelihood).
_COLUMNS = {
    "smoothed": ("p(x~)", ("smoothed",), None),
    "single_step": ("single-step", ("smoothed",), None),
    "samples": ("p(x|x~), two-step", ("smoothed", "reverse"), "bits_per_dim"),
    "baseline": ("baseline", ("baseline",), "bits_per_dim_baseline"),
}


def run(directory: artifacts.Path, *, quick: bool, flags: Sequence[str]) -> Result:
    """Trains the stages and the baseline, and evaluates them side by side.

    Args:
      directory: the working directory goes below it.
      quick: a few steps only, to see it run; the numbers mean nothing then.
      flags: of the configuration, e.g. of configs/photos_pixelcnnpp.cfg.

    Raises:
      ValueError: the flags make no configuration of images, one without the samples
        that are compared, or a baseline of another size.
    """
    directory = pathlib.Path(directory) / "workdir"
    experiment = config.parse(flags)
    dataset = image_runs.open_images(experiment)
    counts = {
        stage: image_runs.num_parameters(experiment, dataset, stage)
        for stage in artifacts.STAGES
    }
    _check(experiment, counts)
    restored = _Restored()
    if quick:
        experiment, restored = image_runs.shortened(experiment), _QUICK
    metrics, per_image = image_runs.evaluated(experiment, directory, artifacts.STAGES)
    table = _table(experiment, counts, metrics, per_image)
    experiment = workdir.load_config(directory)
    trained = workdir.load_trained(experiment, dataset, directory, workdir.TWO_STAGES)
    x = _draw_images(dataset, metrics["bits_per_dim"]["split"], restored.num_denoised)
    denoising, denoised = restoration.denoising(
        trained, x, num_draws=restored.num_draws, seed=experiment.seed
    )
    inpainted = restoration.inpainting(
        trained,
        x,
        dataset.num_levels,
        num_particles=restored.num_particles,
        seed=experiment.seed,
    )
    return Result(
        {"table": table, "denoising": denoising},
        {
            "figure": image_runs.columns_picture(directory),
            "denoised": png_bytes(denoised),
            "inpainted": png_bytes(inpainted),
        },
        {
            "figure": image_runs.COLUMNS_CAPTION,
            "denoised": "Held-out images, their x~, and what is made of it.",
            "inpainted": "Held-out images with what is missing in blue, and"
            f" {restoration.NUM_INPAINTINGS} inpaintings of each with"
            f" {restored.num_particles} particles.",
        },
    )


def _draw_images(dataset: Dataset, split: str, number: int) -> np.ndarray:
    """A random subset of the images of a split, float32 on [-1, 1], in random order."""
    levels = dataset.array(split)
    levels = levels[subset_indices(len(levels), number)]
    return levels_to_unit(levels, dataset.num_levels).numpy()


def _check(experiment: Config, counts: Mapping[str, int]) -> None:
    """Raises ValueError for what could not be compared, before anything is trained."""
    evaluation = experiment.evaluation
    if _EXTRACTOR not in evaluation.extractors or evaluation.num_samples < MIN_IMAGES:
        raise ValueError(
            f"--extractors must include {_EXTRACTOR} and --num_samples be at least"
            f" {MIN_IMAGES} to compare columns of samples; got"
            f" {','.join(evaluation.extractors)!r} and {evaluation.num_samples}."
        )
    both, baseline = counts["smoothed"] + counts["reverse"], counts["baseline"]
    if abs(baseline / both - 1.0) > image_runs.SIZE_TOLERANCE:
        raise ValueError(
            "The baseline must have as many parameters as both stages together, within"
            f" {image_runs.SIZE_TOLERANCE:.0%}; got {baseline:,} and {both:,}. Set its"
            " size by flags that begin with --baseline_, e.g. --baseline_num_filters."
        )


def _table(
    experiment: Config,
    counts: Mapping[str, int],
    metrics: Mapping[str, Any],
    per_image: Mapping[str, np.ndarray],
) -> Table:
    """The columns with their sizes, likelihoods and distances."""
    rows, about_fd = [], ()
    for kind, (label, stages, likelihood) in _COLUMNS.items():
        row: dict[str, Any] = {"column": label}
        row["parameters"] = sum(counts[stage] for stage in stages)
        if likelihood is not None:
            bits = metrics[likelihood]
            row["bits_per_dim"] = Measurement(
                bits["value"], bits["se"], is_bound=kind == "samples", n=bits["n"]
            )
        distance = metrics.get(metric_name("fd", _EXTRACTOR, kind))
        if distance is not None and distance["value"] is not None:
            row["fd"] = Measurement(distance["value"], distance["se"], n=distance["n"])
            floor = distance["floor"]
            row["fd_at_n"] = Measurement(
                floor["value_at_n"], floor["se_at_n"], n=floor["n"]
            )
            row["fd_floor"] = floor["value"]
            row["floor_5_to_95"] = _range(floor["quantiles"])
            about_fd = _about_fd(distance)
        rows.append(row)
    behind = Measurement(
        *paired_difference(
            per_image["bits_per_dim_baseline"], per_image["bits_per_dim"]
        )
    )
    columns = columns_of(rows)
    return Table(
        title=f"{experiment.data.dataset}, {metrics['bits_per_dim']['n']} images of the"
        f" {metrics['bits_per_dim']['split']} split",
        columns=columns,
        rows=tuple(rows),
        notes=(
            "bits_per_dim: the bound of the two stages, the likelihood of the baseline."
            " +- is a standard error.",
            f"Baseline minus two stages: {behind.to_text()}, mean over the images of"
            " the paired difference.",
            *about_fd,
        ),
        directions={
            name: LOWER_IS_BETTER
            for name in ("bits_per_dim", "fd", "fd_at_n", "fd_floor")
            if name in columns
        },
    )


def _range(quantiles: Mapping[str, float]) -> str:
    return f"{quantiles['0.05']:.4f} to {quantiles['0.95']:.4f}"


def _about_fd(distance: Mapping[str, Any]) -> tuple[str, ...]:
    extractor, floor = distance["extractor"], distance["floor"]
    notes = [
        f"fd: Frechet distance, in the features of {extractor['id']}"
        f" {extractor['sha256'][:12]}, of {distance['n']} samples to"
        f" {distance['n_reference']} images of the {distance['reference_split']}"
        f" split, seed {distance['seed']}. Its standard error covers both, about the"
        " distance that is expected at these numbers of them.",
        f"fd_at_n: of {floor['n']} samples to as many of those images. fd_floor,"
        f" floor_5_to_95: median and quantiles of {floor['repeats']} distances between"
        f" two random sets of {floor['n']} of the images. They take the place of a"
        " standard error.",
    ]
    held_out = distance["held_out"]
    if held_out.get("value") is not None:
        measured = Measurement(held_out["value"], held_out["se"])
        notes.append(f"{held_out['n']} held-out images: fd {measured.to_text()}.")
    return tuple(notes)
