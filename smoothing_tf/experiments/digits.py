"""Two-stage models on 8x8 digits: PixelCNN++ against MADE, a baseline, a histogram.

An experiment of ours, nothing of it is published: does the whole method work on real
images that train on a laptop in minutes?
"""

import dataclasses
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf import artifacts, config, workdir
from smoothing_tf.config import Config
from smoothing_tf.data.dataset import Dataset, open_dataset
from smoothing_tf.evaluation.extractors import Classifier
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.nearest_neighbours import (
    nearest_training_distances,
    summarize_distances,
)
from smoothing_tf.evaluation.pictures import labelled_columns, png_bytes
from smoothing_tf.evaluation.samples import CAPTIONS, real_uint8
from smoothing_tf.experiments.histogram import IndependentHistogram
from smoothing_tf.experiments.table import Table
from smoothing_tf.stages import make_model

_CONFIGS = pathlib.Path(__file__).parents[2] / "configs"
_NUM_SAMPLES = 1000
_QUICK_STEPS = 100


def run(directory: artifacts.Path, *, quick: bool) -> tuple[Table, bytes]:
    """Trains what is not trained yet, evaluates it, and compares.

    Args:
      directory: one working directory for each kind of model goes below it.
      quick: a few steps only, to see it run; the numbers mean nothing then.

    Returns:
      (table, figure as PNG).
    """
    directory = pathlib.Path(directory)
    per_image, parameters = {}, {}
    for name, stages in (
        ("pixelcnnpp", artifacts.STAGES),
        ("made", ("smoothed", "reverse")),
    ):
        experiment = _experiment(f"digits_{name}.cfg", quick)
        dataset = open_dataset(experiment.data)
        workdir.train(experiment, dataset, directory / name, stages)
        experiment = workdir.load_config(directory / name)
        per_image[name] = _evaluation(experiment, dataset, directory / name)
        parameters |= {
            (name, stage): make_model(experiment, stage, dataset).count_params()
            for stage in stages
        }
    histogram = IndependentHistogram(dataset.array("train"), dataset.num_levels)
    bits = {
        "two-stage PixelCNN++ (bound)": per_image["pixelcnnpp"]["bits_per_dim"],
        "baseline PixelCNN++": per_image["pixelcnnpp"]["bits_per_dim_baseline"],
        "two-stage MADE (bound)": per_image["made"]["bits_per_dim"],
        "histogram of each pixel": histogram.bits_per_dim(dataset.array("test")),
    }
    counts = (
        parameters["pixelcnnpp", "smoothed"] + parameters["pixelcnnpp", "reverse"],
        parameters["pixelcnnpp", "baseline"],
        parameters["made", "smoothed"] + parameters["made", "reverse"],
        16 * 64,
    )
    with np.load(directory / "pixelcnnpp" / "evaluation" / "samples.npz") as file:
        samples = dict(file)
    table = Table(
        title="Digits, 300 test images",
        columns=("model", "parameters", "bits_per_dim", "se", "behind", "behind_se"),
        rows=tuple(_rows(bits, counts)),
        notes=(
            "behind: mean paired difference to the two-stage PixelCNN++, bits per"
            " dimension, with its standard error.",
            *_sample_notes(samples["samples"], dataset),
        ),
    )
    return table, _figure(samples, dataset)


def _experiment(name: str, quick: bool) -> Config:
    path = _CONFIGS / name
    if not path.is_file():
        raise FileNotFoundError(
            f"No {path}; run this experiment from a checkout of the repository."
        )
    flags = [f"--flagfile={path}", f"--num_samples={_NUM_SAMPLES}"]
    experiment = config.parse(flags)
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


def _evaluation(
    experiment: Config, dataset: Dataset, directory: pathlib.Path
) -> dict[str, np.ndarray]:
    """Per-image figures, computed unless they are there already."""
    evaluation = directory / workdir.EVALUATION_DIRECTORY
    if not (evaluation / "metrics.json").is_file():
        workdir.evaluate(experiment, dataset, directory)
    with np.load(evaluation / "per_image.npz") as file:
        return dict(file)


def _rows(bits: dict[str, np.ndarray], counts: tuple[int, ...]):
    reference = next(iter(bits.values()))
    for (name, values), count in zip(bits.items(), counts, strict=True):
        row: dict[str, Any] = {
            "model": name,
            "parameters": count,
            "bits_per_dim": float(np.mean(values)),
            "se": float(np.std(values, ddof=1) / np.sqrt(len(values))),
        }
        if values is not reference:
            row["behind"], row["behind_se"] = paired_difference(values, reference)
        yield row


def _sample_notes(samples: np.ndarray, dataset: Dataset):
    """What a classifier and the training images say of the generated digits."""
    training = real_uint8(dataset, "train")
    held_out = real_uint8(dataset, "test")
    classifier = Classifier(training, dataset.labels("train"), seed=0)
    confidence, classes = {}, {}
    for name, images in (("held-out", held_out), ("generated", samples)):
        _, logits = classifier.features_and_logits(images)
        confidence[name] = float(np.mean(np.max(tf.nn.softmax(logits), axis=1)))
        classes[name] = np.bincount(np.argmax(logits, axis=1), minlength=10)
        if name == "held-out":
            accuracy = np.mean(np.argmax(logits, axis=1) == dataset.labels("test"))
    yield (
        f"Classifier (held-out accuracy {accuracy:.3f}): mean confidence"
        f" {confidence['generated']:.3f} on {len(samples)} generated digits,"
        f" {confidence['held-out']:.3f} on held-out ones;"
        f" {np.sum(classes['generated'] > 0)} of 10 classes,"
        f" {', '.join(map(str, classes['generated']))} of 0 to 9."
    )
    for name, images in (("held-out", held_out), ("generated", samples)):
        distances, _ = nearest_training_distances(images, training)
        summary = summarize_distances(distances)
        yield (
            f"Distance of {name} digits to the nearest training image: median"
            f" {summary['quantiles']['0.5']:.2f}, smallest"
            f" {summary['quantiles']['0.0']:.2f}, copies {summary['exact_copies']}."
        )


def _figure(samples: dict[str, np.ndarray], dataset: Dataset) -> bytes:
    groups = {"real": real_uint8(dataset, "test")} | samples
    return png_bytes(
        labelled_columns(
            {CAPTIONS[kind]: groups[kind] for kind in CAPTIONS if kind in groups}
        )
    )
