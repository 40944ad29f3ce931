"""Comparison of two-stage models of slightly different configurations."""

import pathlib
import shutil
from collections.abc import Iterator, Mapping, Sequence

from matplotlib.figure import Figure

from experiments.images import runs
from experiments.report import style
from experiments.report.table import Measurement, TableRow
from smoothing_tf import artifacts
from smoothing_tf.config import parse
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.stage import TWO_STAGES
from smoothing_tf.training.history import History

# Samples of each variant would take longer than its training, so only the bound is
# evaluated.
_BOUND_ONLY = ("--num_samples=0", "--extractors=", "--num_importance_draws=0")
_SCORE = "bits_per_dim"


def run(
    directory: pathlib.Path,
    variants: Mapping[str, Sequence[str]],
    *,
    seeds: Sequence[int | None] = (None,),
    shared_stages: Sequence[str] = (),
    quick: bool,
) -> tuple[list[TableRow], bytes]:
    """Trains and evaluates every variant with every seed.

    Args:
      directory: directory in which NAME-seedN is the working directory of a run.
      variants: path-safe name -> flags of the configuration. The first variant is the
        one with which the others are compared.
      seeds: seeds of the runs; None: the seed of the configuration.
      shared_stages: stages that are the same in all variants and trained once.
      quick: whether to take only a few steps.

    Returns:
      (a row for each run, with the `difference` from the first variant of the same
      seed, paired over the images; a PNG of the validation losses).

    Raises:
      ValueError: the data set has no images with levels.
    """
    rows, histories = [], {}
    for seed in seeds:
        first: runs.ImageRun | None = None
        for name, flags in variants.items():
            flags = [*flags, *_BOUND_ONLY]
            if seed is not None:
                flags.append(f"--seed={seed}")
            workdir = directory / f"{name}-seed{parse(flags).seed}"
            if first is not None:
                _copy_stages(first.directory, workdir, shared_stages)
            run = runs.train_and_evaluate(flags, workdir, TWO_STAGES, quick=quick)
            first = first or run
            rows.append(_make_row(name, run, first))
            histories[name, run.config.seed] = {
                stage: History(workdir / stage).rows() for stage in TWO_STAGES
            }
    return rows, _draw_losses(histories)


def mean_difference(rows: Sequence[TableRow], name: str) -> Measurement:
    """Averages a variant's difference from the first one over the seeds.

    Args:
      rows: rows that `run` returned.
      name: name of the variant.

    Returns:
      The mean, bits per dimension, with the standard error of the seeds' spread; a
      single seed has none.
    """
    return Measurement.of_mean(
        [row["difference"].value for row in rows if row["variant"] == name]
    )


def _make_row(name: str, run: runs.ImageRun, first: runs.ImageRun) -> TableRow:
    metric, bits = run.metrics[_SCORE], run.per_image[_SCORE]
    row: TableRow = {
        "variant": name,
        "seed": run.config.seed,
        "parameters": run.count_parameters(*TWO_STAGES),
        _SCORE: Measurement(metric["value"], metric["se"], is_bound=True, n=len(bits)),
    }
    if run is not first:
        row["difference"] = Measurement(
            *paired_difference(bits, first.per_image[_SCORE]), n=len(bits)
        )
    return row


def _copy_stages(
    source: pathlib.Path, workdir: pathlib.Path, stages: Sequence[str]
) -> None:
    for stage in stages:
        if not (workdir / stage).exists():
            artifacts.make_directory(workdir)
            with artifacts.atomic_directory(workdir / stage) as temporary:
                shutil.copytree(source / stage, temporary, dirs_exist_ok=True)


@style.apply()
def _draw_losses(
    histories: Mapping[tuple[str, int], Mapping[str, list[dict]]],
) -> bytes:
    figure = Figure(figsize=(style.PAGE_WIDTH, 2.8))
    names = list(dict.fromkeys(name for name, _ in histories))
    marks = {name: (color, mark) for name, color, mark in style.curves(names)}
    for axes, stage in zip(figure.subplots(1, 2), TWO_STAGES, strict=True):
        labeled = set()
        for (name, _), stages in histories.items():
            color, mark = marks[name]
            points = list(_validation_losses(stages[stage]))
            axes.plot(
                [step for step, _ in points],
                [bits for _, bits in points],
                mark,
                color=color,
                label=None if name in labeled else name,
            )
            labeled.add(name)
        axes.set_title(f"{stage} stage")
        axes.set_xlabel("step")
        axes.set_ylabel("validation, bits per dimension")
        axes.legend()
    return style.to_png(figure)


def _validation_losses(history: Sequence[dict]) -> Iterator[tuple[int, float]]:
    for row in history:
        if "validation_bits_per_dim" in row:
            yield row["step"], row["validation_bits_per_dim"]
