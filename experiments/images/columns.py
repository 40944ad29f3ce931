"""Columns: samples of p(x~), single-step, p(x|x~) and a baseline, as in the paper.

The baseline is the same kind of model on clean data, with as many parameters as both
stages together. Further figures show held-out images that the two stages denoise and
inpaint, and the single step on samples of a model that was trained without smoothing.
The configuration determines the data set, the models and their training.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.images import restoration, runs, unsmoothed
from experiments.images.trainings import (
    average,
    average_images,
    describe_errors,
    describe_first,
    seeded,
)
from experiments.job import Job
from experiments.report.table import Measurement, Result, Table, TableRow, column_names
from smoothing_tf import workdir
from smoothing_tf.config import Config, parse
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.sample_metrics import MIN_IMAGES, metric_name
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.sampling.pictures import png_bytes
from smoothing_tf.stage import TWO_STAGES, Stage

_EXTRACTOR = "randconv"


class _RestorationSize(NamedTuple):
    """Numbers of images, draws and particles, and of training images (None: many)."""

    num_denoised: int = 100
    num_draws: int = 20
    num_particles: int = 8
    max_reference: int | None = None


_QUICK = _RestorationSize(
    num_denoised=10, num_draws=2, num_particles=2, max_reference=200
)
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
      Tables of the columns, of the denoising and of single steps without smoothing;
      figures of samples, of denoised and of inpainted images, and of these steps.

    Raises:
      ValueError: the data set has no images with levels, or the configuration lacks
        the samples to compare, or its baseline has another size.
    """
    config = parse(job.flags)
    dataset = runs.open_images(config)
    counts = {stage: runs.count_parameters(config, dataset, stage) for stage in Stage}
    _check(config, counts)
    directory = job.directory / "workdir"
    trainings = [
        runs.train_and_evaluate(own, own_directory, tuple(Stage), quick=job.quick)
        for own, own_directory in seeded(job.flags, directory, job.num_seeds)
    ]
    runs.check_same_images(trainings)
    run = trainings[0]
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
    single_steps, stepped = unsmoothed.run(
        job.flags,
        job.directory / "unsmoothed",
        run,
        max_reference=size.max_reference,
        quick=job.quick,
    )
    return Result(
        {
            "table": _make_table(trainings, counts),
            **_make_trainings_table(trainings),
            "denoising": denoising,
            "single_steps": single_steps,
        },
        {
            "figure": run.columns_png(),
            "denoised": png_bytes(denoised),
            "inpainted": png_bytes(inpainted),
            "single_steps": png_bytes(stepped),
        },
        {
            "figure": runs.COLUMNS_CAPTION + describe_first("They are", job.num_seeds),
            "denoised": "Held-out images, their x~, and denoised images."
            + describe_first("The model is that", job.num_seeds),
            "inpainted": "Held-out images with the missing part in blue, and"
            f" {restoration.NUM_INPAINTINGS} inpaintings of each with"
            f" {size.num_particles} particles."
            + describe_first("The model is that", job.num_seeds),
            "single_steps": "Samples of a model trained without smoothing, the same"
            " after a single step for several sigma, samples of p(x~), and the same"
            " after a single step with the sigma of their training."
            + describe_first("Both models are", job.num_seeds),
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
    runs.check_sizes(counts)


def _make_table(trainings: Sequence[runs.ImageRun], counts: Mapping[str, int]) -> Table:
    """Makes the table of the columns' sizes, likelihoods and distances."""
    rows, distance_notes = [], ()
    for kind, (label, stages, likelihood) in _COLUMNS.items():
        row: TableRow = {"column": label}
        row["parameters"] = sum(counts[stage] for stage in stages)
        if likelihood is not None:
            row["bits_per_dim"] = average_images(
                [run.per_image[likelihood] for run in trainings],
                is_bound=kind == "samples",
            )
        distances = [_find_distance(run, kind) for run in trainings]
        if all(distances):
            row |= _distance_columns(distances)
            distance_notes = _distance_notes(distances[0])
        rows.append(row)
    difference = average_images([_difference(run) for run in trainings])
    columns = column_names(rows)
    run = trainings[0]
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
            describe_errors(len(trainings)),
        ),
        directions={
            name: LOWER_IS_BETTER
            for name in ("bits_per_dim", "fd", "fd_at_n", "fd_floor")
            if name in columns
        },
    )


def _make_trainings_table(trainings: Sequence[runs.ImageRun]) -> dict[str, Table]:
    """Makes the table of single trainings; none for a single one."""
    if len(trainings) == 1:
        return {}
    rows: list[TableRow] = []
    for run in trainings:
        row: TableRow = {"seed": run.config.seed}
        for kind, (label, _, likelihood) in _COLUMNS.items():
            distance = _find_distance(run, kind)
            if likelihood is not None:
                row[f"bits, {label}"] = average_images(
                    [run.per_image[likelihood]], is_bound=kind == "samples"
                )
                if distance is not None:
                    row[f"fd, {label}"] = Measurement(distance["value"], distance["se"])
        row["baseline - two stages, bits"] = average_images([_difference(run)])
        rows.append(row)
    notes = (
        "+-: standard error. Errors of a single training leave out the spread over"
        " trainings.",
    )
    table = Table("Each training", column_names(rows), tuple(rows), notes)
    return {"trainings": table}


def _difference(run: runs.ImageRun) -> np.ndarray:
    """Computes the bits by which the baseline is behind the bound of each image."""
    return run.per_image["bits_per_dim_baseline"] - run.per_image["bits_per_dim"]


def _find_distance(run: runs.ImageRun, kind: str) -> Mapping[str, Any] | None:
    distance = run.metrics.get(metric_name("fd", _EXTRACTOR, kind))
    return None if distance is None or distance["value"] is None else distance


def _distance_columns(distances: Sequence[Mapping[str, Any]]) -> TableRow:
    # The real images behind a floor are the same in all trainings.
    floors = [distance["floor"] for distance in distances]
    floor = floors[0]
    low, high = floor["quantiles"]["0.05"], floor["quantiles"]["0.95"]
    return {
        "fd": average(
            [distance["value"] for distance in distances],
            [distance["se"] for distance in distances],
            # Earlier versions recorded the whole error alone, which is too large here.
            [one.get("se_reference", one["se"]) for one in distances],
            n=distances[0]["n"],
        ),
        "fd_at_n": average(
            [one["value_at_n"] for one in floors],
            [one["se_at_n"] for one in floors],
            [one.get("se_reference_at_n", one["se_at_n"]) for one in floors],
            n=floor["n"],
        ),
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
