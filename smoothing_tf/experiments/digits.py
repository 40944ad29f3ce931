"""Two-stage models on 8x8 digits: PixelCNN++ against MADE, a baseline, a histogram.

An experiment of ours, nothing of it is published: does the whole method work on real
images that train on a laptop in minutes?
"""

import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from smoothing_tf import artifacts, config, workdir
from smoothing_tf.config import Config
from smoothing_tf.data.dataset import Dataset, open_dataset
from smoothing_tf.evaluation.evaluation import METRICS_FILE
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.experiments.cells import Cells
from smoothing_tf.experiments.histogram import IndependentHistogram
from smoothing_tf.experiments.result import Result
from smoothing_tf.experiments.table import Criterion, Table
from smoothing_tf.stages import make_model

_CONFIGS = pathlib.Path(__file__).parents[2] / "configs"
_NUM_SAMPLES = 1000
_QUICK_STEPS = 100
_QUICK_SAMPLES = 200
_OURS = "two-stage PixelCNN++ (bound)"
_MADE = "two-stage MADE (bound)"
_BASELINE = "PixelCNN++ on clean data"
_HISTOGRAM = "histogram of each pixel"


def run(directory: artifacts.Path, *, quick: bool, cells: Cells) -> Result:
    """Trains what is not trained yet, evaluates it, and compares.

    Args:
      directory: one working directory for each kind of model goes below it.
      quick: a few steps only, to see it run; the numbers mean nothing then.
      cells: not used: training resumes by itself.
    """
    del cells
    directory = pathlib.Path(directory)
    bits, counts = {}, {}
    metrics, per_image = _evaluated(directory / "pixelcnnpp", quick, artifacts.STAGES)
    bits[_OURS] = per_image["bits_per_dim"]
    bits[_BASELINE] = per_image["bits_per_dim_baseline"]
    _, made = _evaluated(directory / "made", quick, ("smoothed", "reverse"))
    bits[_MADE] = made["bits_per_dim"]
    if not np.array_equal(made["index"], per_image["index"]):
        raise ValueError(f"The evaluations in {directory} must be of the same images.")

    experiment = workdir.load_config(directory / "pixelcnnpp")
    dataset = open_dataset(experiment.data)
    histogram = IndependentHistogram(dataset.array("train"), dataset.num_levels)
    bits[_HISTOGRAM] = histogram.bits_per_dim(dataset.array("test"))
    counts[_OURS] = _count(experiment, dataset, "smoothed", "reverse")
    counts[_BASELINE] = _count(experiment, dataset, "baseline")
    made_experiment = workdir.load_config(directory / "made")
    counts[_MADE] = _count(made_experiment, dataset, "smoothed", "reverse")
    counts[_HISTOGRAM] = histogram.num_parameters

    rows = tuple(_rows(bits, counts))
    table = Table(
        title=f"Digits, {len(bits[_OURS])} test images",
        columns=("model", "parameters", "bits_per_dim", "se", "behind", "behind_se"),
        rows=rows,
        notes=(
            "behind: mean paired difference to the two-stage PixelCNN++, bits per"
            " dimension, with its standard error.",
        ),
        criteria=(*_bound_criteria(rows), *_sample_criteria(metrics)),
    )
    # The columns of samples that the evaluation has drawn.
    evaluation = directory / "pixelcnnpp" / workdir.EVALUATION_DIRECTORY
    figure = (evaluation / "samples" / "columns.png").read_bytes()
    return Result(
        {"table": table},
        {"figure": figure},
        {
            "figure": "Real digits, samples of p(x~), the same after single-step"
            " denoising, two-step samples, samples of the baseline."
        },
    )


def _evaluated(
    directory: pathlib.Path, quick: bool, stages: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Metrics and per-image figures of a run, trained and evaluated where it is not."""
    experiment = _experiment(f"digits_{directory.name}.cfg", quick)
    dataset = open_dataset(experiment.data)
    workdir.train(experiment, dataset, directory, stages)
    experiment = workdir.load_config(directory)
    evaluation = directory / workdir.EVALUATION_DIRECTORY
    if not _is_current(evaluation / METRICS_FILE, experiment):
        workdir.evaluate(experiment, dataset, directory)
    with np.load(evaluation / "per_image.npz") as file:
        return artifacts.read_json(evaluation / METRICS_FILE), dict(file)


def _is_current(path: pathlib.Path, experiment: Config) -> bool:
    """Whether an evaluation is of this configuration, its length of training too."""
    if not path.is_file():
        return False
    flags = artifacts.read_json(path)["run"]["flags"]
    return flags == config.to_flagfile(experiment).splitlines()


def _experiment(name: str, quick: bool) -> Config:
    path = _CONFIGS / name
    if not path.is_file():
        raise FileNotFoundError(
            f"No {path}; run this experiment from a checkout of the repository."
        )
    num_samples = _QUICK_SAMPLES if quick else _NUM_SAMPLES
    experiment = config.parse([f"--flagfile={path}", f"--num_samples={num_samples}"])
    if not quick:
        return experiment
    stages = {
        stage: dataclasses.replace(
            stage_config,
            training=dataclasses.replace(stage_config.training, num_steps=_QUICK_STEPS),
        )
        for stage, stage_config in experiment.stages.items()
    }
    return dataclasses.replace(experiment, stages=stages)


def _count(experiment: Config, dataset: Dataset, *stages: str) -> int:
    return sum(make_model(experiment, s, dataset).count_params() for s in stages)


def _rows(
    bits: dict[str, np.ndarray], counts: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for name, values in bits.items():
        row: dict[str, Any] = {
            "model": name,
            "parameters": counts[name],
            "bits_per_dim": float(np.mean(values)),
            "se": float(np.std(values, ddof=1) / np.sqrt(len(values))),
        }
        if name != _OURS:
            row["behind"], row["behind_se"] = paired_difference(values, bits[_OURS])
        yield row


def _bound_criteria(rows: tuple[dict[str, Any], ...]) -> Iterator[Criterion]:
    for row in rows:
        if row["model"] in (_MADE, _HISTOGRAM):
            yield Criterion(
                f"{row['model']} is behind, in standard errors",
                row["behind"] / row["behind_se"],
                minimum=2.0,
            )


def _sample_criteria(metrics: dict[str, Any]) -> Iterator[Criterion]:
    """What a classifier and the training images say of the generated digits."""
    confidence = metrics["confidence_classifier"]
    if confidence["value"] is None:
        # Samples of hardly trained models may not be finite.
        yield Criterion("generated digits that could be scored", 0, minimum=1)
        return
    yield Criterion(
        "classes found among the generated digits",
        confidence["num_classes_found"],
        minimum=10,
    )
    yield Criterion(
        "classifier's mean confidence, held-out minus generated",
        confidence["held_out"]["value"] - confidence["value"],
        maximum=0.15,
    )
    distance = metrics["nearest_training_distance"]
    yield Criterion(
        "generated digits that copy a training image",
        distance["exact_copies"],
        maximum=0,
    )
    yield Criterion(
        "median distance to the nearest training image, generated / held-out",
        distance["quantiles"]["0.5"] / distance["held_out"]["quantiles"]["0.5"],
        minimum=0.8,
    )
