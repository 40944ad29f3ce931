"""Two-stage models on 8x8 digits: PixelCNN++ against MADE, a baseline, a histogram.

An experiment of ours, nothing of it is published: does the whole method work on real
images that train on a laptop in minutes?
"""

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.images import runs as image_runs
from experiments.images.histogram import IndependentHistogram
from experiments.report.result import Result
from experiments.report.table import Criterion, Measurement, Table, columns_of
from smoothing_tf import artifacts, config, workdir
from smoothing_tf.config import Config
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.likelihood import paired_difference

_CONFIGS = pathlib.Path(__file__).parents[2] / "configs"
_NUM_SAMPLES = 1000
_OURS = "two-stage PixelCNN++"
_MADE = "two-stage MADE"
_BASELINE = "PixelCNN++ on clean data"
_HISTOGRAM = "histogram of each pixel"


def run(directory: artifacts.Path, *, quick: bool) -> Result:
    """Trains what is not trained yet, evaluates it, and compares.

    Args:
      directory: one working directory for each kind of model goes below it.
      quick: a few steps only, to see it run; the numbers mean nothing then.
    """
    directory = pathlib.Path(directory)
    bits, counts = {}, {}
    metrics, per_image = image_runs.evaluated(
        _experiment("digits_pixelcnnpp.cfg", quick),
        directory / "pixelcnnpp",
        artifacts.STAGES,
    )
    bits[_OURS] = per_image["bits_per_dim"]
    bits[_BASELINE] = per_image["bits_per_dim_baseline"]
    _, made = image_runs.evaluated(
        _experiment("digits_made.cfg", quick),
        directory / "made",
        ("smoothed", "reverse"),
    )
    bits[_MADE] = made["bits_per_dim"]
    if not np.array_equal(made["index"], per_image["index"]):
        raise ValueError(f"The evaluations in {directory} must be of the same images.")

    experiment = workdir.load_config(directory / "pixelcnnpp")
    dataset = open_dataset(experiment.data)
    histogram = IndependentHistogram(dataset.array("train"), dataset.num_levels)
    scored = dataset.array(experiment.evaluation.split)[per_image["index"]]
    bits[_HISTOGRAM] = histogram.bits_per_dim(scored)
    count = image_runs.num_parameters
    counts[_OURS] = count(experiment, dataset, "smoothed", "reverse")
    counts[_BASELINE] = count(experiment, dataset, "baseline")
    made_experiment = workdir.load_config(directory / "made")
    counts[_MADE] = count(made_experiment, dataset, "smoothed", "reverse")
    counts[_HISTOGRAM] = histogram.num_parameters

    rows = tuple(_rows(bits, counts))
    table = Table(
        title=f"Digits, {len(bits[_OURS])} test images",
        columns=columns_of(rows),
        rows=rows,
        notes=(
            "behind: mean paired difference to the two-stage PixelCNN++, bits per"
            " dimension. +- is a standard error over the images.",
        ),
        directions=dict.fromkeys(("bits_per_dim", "behind"), LOWER_IS_BETTER),
        criteria=(*_bound_criteria(rows), *_sample_criteria(metrics)),
    )
    return Result(
        {"table": table},
        {"figure": image_runs.columns_picture(directory / "pixelcnnpp")},
        {"figure": image_runs.COLUMNS_CAPTION},
    )


def _experiment(name: str, quick: bool) -> Config:
    path = _CONFIGS / name
    if not path.is_file():
        raise FileNotFoundError(
            f"No {path}; run this experiment from a checkout of the repository."
        )
    experiment = config.parse([f"--flagfile={path}", f"--num_samples={_NUM_SAMPLES}"])
    return image_runs.shortened(experiment) if quick else experiment


def _rows(
    bits: dict[str, np.ndarray], counts: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for name, values in bits.items():
        row: dict[str, Any] = {
            "model": name,
            "parameters": counts[name],
            "bits_per_dim": Measurement.of_mean(
                values, is_bound=name in (_OURS, _MADE)
            ),
        }
        if name != _OURS:
            row["behind"] = Measurement(
                *paired_difference(values, bits[_OURS]), n=len(values)
            )
        yield row


def _bound_criteria(rows: tuple[dict[str, Any], ...]) -> Iterator[Criterion]:
    for row in rows:
        if row["model"] in (_MADE, _HISTOGRAM):
            yield Criterion(
                f"{row['model']} is behind, in standard errors",
                row["behind"].value / row["behind"].error,
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
