"""Two-stage models of configurations that differ in little, on the same images."""

import pathlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.images import runs as image_runs
from experiments.report import style
from experiments.report.table import Measurement
from smoothing_tf import artifacts, config
from smoothing_tf.config import Config
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.training.history import History

_TWO_STAGES = ("smoothed", "reverse")

# Of the bound alone: samples of each variant would take longer than its training.
_BOUND_ONLY = ("--num_samples=0", "--extractors=", "--num_importance_draws=0")
_SCORE = "bits_per_dim"

Row = dict[str, Any]


def run(
    directory: pathlib.Path,
    variants: Mapping[str, Sequence[str]],
    *,
    seeds: Sequence[int | None] = (None,),
    shared_stages: Sequence[str] = (),
    quick: bool,
) -> tuple[list[Row], bytes]:
    """Trains and evaluates every variant with every seed.

    Args:
      directory: NAME-seedN below it is the working directory of a run.
      variants: path-safe name -> flags of the configuration. The others are compared
        with the first.
      seeds: of the runs; None: that of the configuration.
      shared_stages: stages that no variant changes, trained once for all of them.
      quick: a few steps only.

    Returns:
      (a row per run, with `difference` to the first variant of the same seed, paired
      over the images; picture of the validation curves, PNG).

    Raises:
      ValueError: the data are no images with levels.
    """
    rows, histories = [], {}
    for seed in seeds:
        # Working directory and scores of the images, of the first variant.
        first: tuple[pathlib.Path, np.ndarray] | None = None
        for name, flags in variants.items():
            experiment = parse(flags, seed)
            dataset = image_runs.open_images(experiment)
            if quick:
                experiment = image_runs.shortened(experiment)
            workdir = directory / f"{name}-seed{experiment.seed}"
            if first is not None:
                _share(first[0], workdir, shared_stages)
            metrics, per_image = image_runs.evaluated(experiment, workdir, _TWO_STAGES)
            histories[name, experiment.seed] = {
                stage: History(workdir / stage).rows() for stage in _TWO_STAGES
            }
            row = {
                "variant": name,
                "seed": experiment.seed,
                "parameters": image_runs.num_parameters(
                    experiment, dataset, *_TWO_STAGES
                ),
                _SCORE: Measurement(
                    metrics[_SCORE]["value"],
                    metrics[_SCORE]["se"],
                    is_bound=True,
                    n=len(per_image[_SCORE]),
                ),
            }
            if first is None:
                first = (workdir, per_image[_SCORE])
            else:
                row["difference"] = Measurement(
                    *paired_difference(per_image[_SCORE], first[1]),
                    n=len(per_image[_SCORE]),
                )
            rows.append(row)
    return rows, _curves(histories)


def parse(flags: Sequence[str], seed: int | None = None) -> Config:
    """The configuration of a variant, evaluated by its bound alone."""
    of_seed = [] if seed is None else [f"--seed={seed}"]
    return config.parse([*flags, *of_seed, *_BOUND_ONLY])


def mean_difference(rows: Sequence[Row], name: str) -> Measurement:
    """A variant's difference to the first, bits per dimension, mean over the seeds.

    Its standard error is by the seeds' spread; there is none of one seed.
    """
    return Measurement.of_mean(
        [row["difference"].value for row in rows if row["variant"] == name]
    )


def _share(first: pathlib.Path, workdir: pathlib.Path, stages: Sequence[str]) -> None:
    for stage in stages:
        if not (workdir / stage).exists():
            artifacts.make_directory(workdir)
            with artifacts.atomic_directory(workdir / stage) as temporary:
                shutil.copytree(first / stage, temporary, dirs_exist_ok=True)


def _curves(histories: Mapping[tuple[str, int], Mapping[str, list[Row]]]) -> bytes:
    figure = Figure(figsize=(6.4, 2.8), layout="constrained")
    names = list(dict.fromkeys(name for name, _ in histories))
    marks = {name: (colour, mark) for name, colour, mark in style.curves(names)}
    for axes, stage in zip(figure.subplots(1, 2), _TWO_STAGES, strict=True):
        labelled = set()
        for (name, _), stages in histories.items():
            colour, mark = marks[name]
            points = list(_validations(stages[stage]))
            axes.plot(
                [step for step, _ in points],
                [bits for _, bits in points],
                mark,
                color=colour,
                markersize=3,
                linewidth=0.8,
                label=None if name in labelled else name,
            )
            labelled.add(name)
        axes.set_title(f"{stage} stage", fontsize=8)
        axes.set_xlabel("step", fontsize=8)
        axes.set_ylabel("validation, bits per dimension", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.legend(fontsize=7)
    return style.to_png(figure)


def _validations(rows: Sequence[Row]) -> Iterator[tuple[int, float]]:
    for row in rows:
        if "validation_bits_per_dim" in row:
            yield row["step"], row["validation_bits_per_dim"]
