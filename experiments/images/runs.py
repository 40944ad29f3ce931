"""Runs of image models that an experiment compares: trained, evaluated, counted."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from smoothing_tf import artifacts, config, workdir
from smoothing_tf.config import Config
from smoothing_tf.data.dataset import Dataset, open_dataset
from smoothing_tf.evaluation.evaluation import METRICS_FILE, PER_IMAGE_FILE
from smoothing_tf.stages import make_model

# By how much the sizes of models that are compared may differ.
SIZE_TOLERANCE = 0.05
_QUICK_STEPS = 100
_QUICK_EVALUATION = {"num_samples": 200, "max_examples": 200, "num_importance_draws": 2}


def evaluated(
    experiment: Config, directory: pathlib.Path, stages: Sequence[str]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Trains and evaluates what is not yet.

    Args:
      experiment: the configuration.
      directory: working directory of the run.
      stages: to train.

    Returns:
      (metrics.json, per_image.npz) of the evaluation.

    Raises:
      ValueError: the likelihood of an image is not finite.
    """
    dataset = open_dataset(experiment.data)
    workdir.train(experiment, dataset, directory, stages)
    experiment = workdir.load_config(directory)
    evaluation = directory / workdir.EVALUATION_DIRECTORY
    if not _is_current(evaluation / METRICS_FILE, experiment, stages):
        workdir.evaluate(experiment, dataset, directory)
    metrics = artifacts.read_json(evaluation / METRICS_FILE)
    for name in ("bits_per_dim", "bits_per_dim_baseline"):
        if name in metrics and metrics[name]["value"] is None:
            raise ValueError(f"{name} of {directory}: {metrics[name]['reason']}")
    return metrics, artifacts.read_kept_npz(evaluation / PER_IMAGE_FILE)


def open_images(experiment: Config) -> Dataset:
    """The data of a configuration.

    Raises:
      ValueError: they are no images with levels.
    """
    dataset = open_dataset(experiment.data)
    if len(dataset.event_shape) != 3 or dataset.num_levels is None:
        raise ValueError(
            "This experiment must be of images with levels; got"
            f" --dataset={experiment.data.dataset}, of shape {dataset.event_shape}."
            " Name a configuration with --flagfile, e.g. configs/photos_pixelcnnpp.cfg."
        )
    return dataset


def shortened(experiment: Config) -> Config:
    """The same with a few steps and samples: shows that it runs, not what it gives."""
    stages = {
        stage: dataclasses.replace(
            stage_config,
            training=dataclasses.replace(
                stage_config.training,
                num_steps=min(stage_config.training.num_steps, _QUICK_STEPS),
            ),
        )
        for stage, stage_config in experiment.stages.items()
    }
    evaluation = experiment.evaluation
    fewer = {}
    for name, most in _QUICK_EVALUATION.items():
        number = getattr(evaluation, name)
        fewer[name] = most if number is None else min(number, most)
    evaluation = dataclasses.replace(evaluation, **fewer)
    return dataclasses.replace(experiment, stages=stages, evaluation=evaluation)


def num_parameters(experiment: Config, dataset: Dataset, *stages: str) -> int:
    """Parameters of the models of some stages together."""
    return sum(make_model(experiment, s, dataset).count_params() for s in stages)


COLUMNS_CAPTION = (
    "Real images, samples of p(x~), the same after single-step denoising, two-step"
    " samples, samples of the baseline."
)


def columns_picture(directory: pathlib.Path) -> bytes:
    """The columns of samples that an evaluation has drawn, PNG."""
    samples = directory / workdir.EVALUATION_DIRECTORY / "samples"
    return (samples / "columns.png").read_bytes()


def _is_current(path: pathlib.Path, experiment: Config, stages: Sequence[str]) -> bool:
    """Whether an evaluation is of this configuration, and of these stages."""
    if not path.is_file():
        return False
    metrics = artifacts.read_json(path)
    if "baseline" in stages and "bits_per_dim_baseline" not in metrics:
        return False
    if "subsets" not in metrics["run"]:
        # Written by a version with biased subsets and smaller errors.
        return False
    return metrics["run"]["flags"] == config.to_flagfile(experiment).splitlines()
