"""Columns: samples of p(x~), single-step, p(x|x~) and a baseline, as in the paper.

The baseline is the same kind of model on clean data, with as many parameters as both
stages together. Further figures show held-out images that the two stages denoise and
inpaint. The configuration determines the data set, the models and their training.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from experiments.images import restoration, runs
from experiments.job import Job
from experiments.report.table import Measurement, Result, Table, TableRow, column_names
from smoothing_tf import workdir
from smoothing_tf.config import Config, parse
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.sample_metrics import MIN_IMAGES, metric_name
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.sampling.pictures import png_bytes
from smoothing_tf.stage import TWO_STAGES, Stage

_EXTRACTOR = "randconv"


class _RestorationSize(NamedTuple):
    """Numbers of images, draws and particles of the restoration."""

    num_denoised: int = 100
    num_draws: int = 20
    num_particles: int = 8


_QUICK = _RestorationSize(num_denoised=10, num_draws=2, num_particles=2)
# Kind of sample -> (label, stages that make it, name of its likelihood).
_COLUMNS = {
    "smoothed": ("p(x~)", ("smoothed",), None),
    "single_step": ("single-step", ("smoothed",), None),
    "samples": ("p(x|x~), two-step", ("smoothed", "reverse"), "bits_per_dim"),
    "baseline": ("baseline", ("baseline",), "bits_per_dim_baseline"),
}


def run(job: Job) -> Result:
    """Trains the stages and the baseline, and compares their samples.

    Args:
      job: the run, with the flags of a configuration, e.g. of
        configs/photos_pixelcnnpp.cfg.

    Returns:
      Tables of the columns and of the denoising; figures of samples, of denoised and of
      inpainted images.

    Raises:
      ValueError: the data set has no images with levels, or the configuration lacks
        the samples to compare, or its baseline has another size.
    """
    config = parse(job.flags)
    dataset = runs.open_images(config)
    counts = {stage: runs.count_parameters(config, dataset, stage) for stage in Stage}
    _check(config, counts)
    run = runs.train_and_evaluate(
        job.flags, job.directory / "workdir", tuple(Stage), quick=job.quick
    )
    seed = run.config.seed
    size = _QUICK if job.quick else _RestorationSize()
    trained = workdir.load_trained(run.config, dataset, run.directory, TWO_STAGES)
    x = _draw_images(dataset, run.metrics["bits_per_dim"]["split"], size.num_denoised)
    denoising, denoised = restoration.compare_denoising(
        trained, x, num_draws=size.num_draws, seed=seed
    )
    inpainted = restoration.draw_inpaintings(
        trained,
        x,
        dataset.num_levels,
        num_particles=size.num_particles,
        seed=seed,
    )
    return Result(
        {"table": _make_table(run, counts), "denoising": denoising},
        {
            "figure": run.columns_png(),
            "denoised": png_bytes(denoised),
            "inpainted": png_bytes(inpainted),
        },
        {
            "figure": runs.COLUMNS_CAPTION,
            "denoised": "Held-out images, their x~, and denoised images.",
            "inpainted": "Held-out images with the missing part in blue, and"
            f" {restoration.NUM_INPAINTINGS} inpaintings of each with"
            f" {size.num_particles} particles.",
        },
    )


def _draw_images(dataset: Dataset, split: str, number: int) -> np.ndarray:
    """Draws a random subset of a split in random order, float32 on [-1, 1]."""
    levels = dataset.array(split)
    levels = levels[subset_indices(len(levels), number)]
    return levels_to_unit(levels, dataset.num_levels).numpy()


def _check(config: Config, counts: Mapping[str, int]) -> None:
    """Raises ValueError before any training if the columns could not be compared."""
    evaluation = config.evaluation
    if _EXTRACTOR not in evaluation.extractors or evaluation.num_samples < MIN_IMAGES:
        raise ValueError(
            f"To compare columns of samples, --extractors must include {_EXTRACTOR} and"
            f" --num_samples must be at least {MIN_IMAGES}; got"
            f" {','.join(evaluation.extractors)!r} and {evaluation.num_samples}."
        )
    both, baseline = counts["smoothed"] + counts["reverse"], counts["baseline"]
    if abs(baseline / both - 1.0) > runs.SIZE_TOLERANCE:
        raise ValueError(
            "The baseline must have as many parameters as both stages together, within"
            f" {runs.SIZE_TOLERANCE:.0%}; got {baseline:,} and {both:,}. Set its"
            " size by flags that begin with --baseline_, e.g. --baseline_num_filters."
        )


def _make_table(run: runs.ImageRun, counts: Mapping[str, int]) -> Table:
    """Makes the table of the columns' sizes, likelihoods and distances."""
    rows, distance_notes = [], ()
    for kind, (label, stages, likelihood) in _COLUMNS.items():
        row: TableRow = {"column": label}
        row["parameters"] = sum(counts[stage] for stage in stages)
        if likelihood is not None:
            bits = run.metrics[likelihood]
            row["bits_per_dim"] = Measurement(
                bits["value"], bits["se"], is_bound=kind == "samples", n=bits["n"]
            )
        distance = run.metrics.get(metric_name("fd", _EXTRACTOR, kind))
        if distance is not None and distance["value"] is not None:
            row |= _distance_columns(distance)
            distance_notes = _distance_notes(distance)
        rows.append(row)
    difference = Measurement(
        *paired_difference(
            run.per_image["bits_per_dim_baseline"], run.per_image["bits_per_dim"]
        )
    )
    columns = column_names(rows)
    bound = run.metrics["bits_per_dim"]
    return Table(
        title=f"{run.config.data.dataset}, {bound['n']} images of the"
        f" {bound['split']} split",
        columns=columns,
        rows=tuple(rows),
        notes=(
            "bits_per_dim: bound of the two stages, and likelihood of the baseline."
            " +-: standard error.",
            f"Baseline minus two stages: {difference.to_text()}, mean paired difference"
            " over the images.",
            *distance_notes,
        ),
        directions={
            name: LOWER_IS_BETTER
            for name in ("bits_per_dim", "fd", "fd_at_n", "fd_floor")
            if name in columns
        },
    )


def _distance_columns(distance: Mapping[str, Any]) -> TableRow:
    floor = distance["floor"]
    low, high = floor["quantiles"]["0.05"], floor["quantiles"]["0.95"]
    return {
        "fd": Measurement(distance["value"], distance["se"], n=distance["n"]),
        "fd_at_n": Measurement(floor["value_at_n"], floor["se_at_n"], n=floor["n"]),
        "fd_floor": floor["value"],
        "floor_5_to_95": f"{low:.4f} to {high:.4f}",
    }


def _distance_notes(distance: Mapping[str, Any]) -> tuple[str, ...]:
    extractor, floor = distance["extractor"], distance["floor"]
    notes = [
        f"fd: Frechet distance, in the features of {extractor['id']}"
        f" {extractor['sha256'][:12]}, between {distance['n']} samples and"
        f" {distance['n_reference']} images of the {distance['reference_split']}"
        f" split, seed {distance['seed']}. Its standard error covers the sampling of"
        " both sets, about the distance expected at these sizes.",
        f"fd_at_n: fd between {floor['n']} samples and as many of those images."
        " fd_floor, floor_5_to_95: median and quantiles of"
        f" {floor['repeats']} distances between two random sets of {floor['n']} of the"
        " images, in place of a standard error.",
    ]
    held_out = distance["held_out"]
    if held_out.get("value") is not None:
        measured = Measurement(held_out["value"], held_out["se"])
        notes.append(f"{held_out['n']} held-out images: fd {measured.to_text()}.")
    return tuple(notes)
