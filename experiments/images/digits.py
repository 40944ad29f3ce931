"""Digits: two-stage PixelCNN++ against MADE, a baseline and a histogram, on 8x8 images.

This experiment is ours; the paper has nothing like it. It shows whether the whole
method works on real images that train on a laptop in minutes.
"""

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.images import runs
from experiments.images.histogram import IndependentHistogram
from experiments.images.trainings import (
    average_images,
    describe_errors,
    describe_first,
    seeded,
)
from experiments.job import Job
from experiments.report.table import (
    Criterion,
    Result,
    Table,
    TableRow,
    column_names,
)
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.stage import TWO_STAGES, Stage

# Name of the working directory of PixelCNN++, in that of the experiment.
PIXELCNNPP = "pixelcnnpp"
_CONFIGS = pathlib.Path(__file__).parents[2] / "configs"
_NUM_SAMPLES = 1000
_OURS = "two-stage PixelCNN++"
_MADE = "two-stage MADE"
_BASELINE = "PixelCNN++ on clean data"
_HISTOGRAM = "histogram of each pixel"


def run(job: Job) -> Result:
    """Trains, evaluates and compares the models.

    Args:
      job: the run; each kind of network has a working directory below its directory.

    Returns:
      A table of the models, and a figure of the samples of PixelCNN++.

    Raises:
      FileNotFoundError: the configurations are missing.
      ValueError: the likelihood of an image is not finite, or earlier evaluations in
        the directory are of different images.
    """
    pixelcnnpps, mades = (
        [
            runs.train_and_evaluate(own, directory, stages, quick=job.quick)
            for own, directory in seeded(flags, job.directory / name, job.num_seeds)
        ]
        for flags, name, stages in (
            (pixelcnnpp_flags(), PIXELCNNPP, tuple(Stage)),
            (_flags("digits_made.cfg"), "made", TWO_STAGES),
        )
    )
    runs.check_same_images([*pixelcnnpps, *mades])
    pixelcnnpp, made = pixelcnnpps[0], mades[0]
    index = pixelcnnpp.per_image["index"]
    dataset = pixelcnnpp.dataset
    histogram = IndependentHistogram(dataset.array("train"), dataset.num_levels)
    scored = dataset.array(pixelcnnpp.config.evaluation.split)[index]
    bits = {
        _OURS: [run.per_image["bits_per_dim"] for run in pixelcnnpps],
        _BASELINE: [run.per_image["bits_per_dim_baseline"] for run in pixelcnnpps],
        _MADE: [run.per_image["bits_per_dim"] for run in mades],
        _HISTOGRAM: [histogram.bits_per_dim(scored)] * job.num_seeds,
    }
    counts = {
        _OURS: pixelcnnpp.count_parameters("smoothed", "reverse"),
        _BASELINE: pixelcnnpp.count_parameters("baseline"),
        _MADE: made.count_parameters("smoothed", "reverse"),
        _HISTOGRAM: histogram.num_parameters,
    }
    rows = tuple(_make_rows(bits, counts))
    table = Table(
        title=f"Digits, {len(index)} test images",
        columns=column_names(rows),
        rows=rows,
        notes=(
            "behind: mean paired difference from the two-stage PixelCNN++, bits per"
            " dimension. +-: standard error.",
            describe_errors(job.num_seeds)
            + describe_first("The criteria of samples and the picture are", len(mades)),
        ),
        directions=dict.fromkeys(("bits_per_dim", "behind"), LOWER_IS_BETTER),
        criteria=(
            *_bound_criteria(rows),
            *_sample_criteria(pixelcnnpp.metrics),
        ),
    )
    return Result(
        {"table": table},
        {"figure": pixelcnnpp.columns_png()},
        {"figure": runs.COLUMNS_CAPTION},
    )


def pixelcnnpp_flags() -> list[str]:
    """Returns the flags of PixelCNN++ in two stages, and of its baseline.

    Raises:
      FileNotFoundError: the configuration is missing.
    """
    return _flags("digits_pixelcnnpp.cfg")


def _flags(name: str) -> list[str]:
    path = _CONFIGS / name
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist. Run this experiment from a checkout of the"
            " repository."
        )
    return [f"--flagfile={path}", f"--num_samples={_NUM_SAMPLES}"]


def _make_rows(
    bits: Mapping[str, Sequence[np.ndarray]], counts: Mapping[str, int]
) -> Iterator[TableRow]:
    """Makes a row for each model, given the bits of each image in each training."""
    for name, arrays in bits.items():
        row: TableRow = {
            "model": name,
            "parameters": counts[name],
            "bits_per_dim": average_images(arrays, is_bound=name in (_OURS, _MADE)),
        }
        if len(arrays) > 1:
            row["of each training"] = ", ".join(f"{np.mean(a):.4f}" for a in arrays)
        if name != _OURS:
            row["behind"] = average_images(
                [array - ours for array, ours in zip(arrays, bits[_OURS], strict=True)]
            )
        yield row


def _bound_criteria(rows: Sequence[TableRow]) -> Iterator[Criterion]:
    for row in rows:
        if row["model"] in (_MADE, _HISTOGRAM):
            yield Criterion(
                f"{row['model']} is behind, in standard errors",
                row["behind"].value / row["behind"].error,
                minimum=2.0,
            )


def _sample_criteria(metrics: Mapping[str, Any]) -> Iterator[Criterion]:
    """Makes the criteria of a classifier and of the nearest training images."""
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
