"""Image models that an experiment trains, evaluates and compares."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smoothing_tf import artifacts, workdir
from smoothing_tf.config import Config, parse, to_flagfile
from smoothing_tf.data.dataset import Dataset, open_dataset
from smoothing_tf.evaluation.evaluation import PICTURES_DIRECTORY
from smoothing_tf.evaluation.names import METRICS_FILE, PER_IMAGE_FILE
from smoothing_tf.sampling.sample_pictures import COLUMNS
from smoothing_tf.stages import make_model

# Largest relative difference between the sizes of models that are compared.
SIZE_TOLERANCE = 0.05
COLUMNS_CAPTION = (
    "Real images, samples of p(x~), the same after single-step denoising, two-step"
    " samples and samples of the baseline."
)
_QUICK_STEPS = 100
_QUICK_EVALUATION = {"num_samples": 200, "max_examples": 200, "num_importance_draws": 2}


@dataclasses.dataclass(frozen=True)
class ImageRun:
    """A configuration whose stages were trained and evaluated.

    Attributes:
      config: configuration with all automatic values resolved.
      dataset: data set of the run.
      directory: working directory of the run.
      metrics: content of metrics.json.
      per_image: content of per_image.npz, name -> [n].
    """

    config: Config
    dataset: Dataset
    directory: pathlib.Path
    metrics: Mapping[str, Any]
    per_image: Mapping[str, np.ndarray]

    def count_parameters(self, *stages: str) -> int:
        """Counts the parameters of the models of some stages."""
        return count_parameters(self.config, self.dataset, *stages)

    def columns_png(self) -> bytes:
        """Reads the columns of samples that the evaluation has drawn."""
        evaluation = self.directory / workdir.EVALUATION_DIRECTORY
        return (evaluation / PICTURES_DIRECTORY / f"{COLUMNS}.png").read_bytes()

    def samples(self) -> dict[str, np.ndarray]:
        """Reads the samples that the evaluation has scored, kind -> [n, h, w, c]."""
        evaluation = self.directory / workdir.EVALUATION_DIRECTORY
        return artifacts.read_kept_npz(evaluation / artifacts.SAMPLES_FILE)


def check_same_images(trainings: Sequence[ImageRun]) -> None:
    """Checks that runs were evaluated on the same images in the same order.

    Raises:
      ValueError: they were not.
    """
    first, *others = trainings
    for run in others:
        if not np.array_equal(run.per_image["index"], first.per_image["index"]):
            raise ValueError(
                f"The evaluations in {first.directory.parent} are of different images."
                " Remove that directory."
            )


def check_sizes(counts: Mapping[str, int]) -> None:
    """Checks that a baseline is as large as both stages together.

    Args:
      counts: stage -> number of its parameters.

    Raises:
      ValueError: it is not.
    """
    both, baseline = counts["smoothed"] + counts["reverse"], counts["baseline"]
    if abs(baseline / both - 1.0) > SIZE_TOLERANCE:
        raise ValueError(
            "The baseline must have as many parameters as both stages together, within"
            f" {SIZE_TOLERANCE:.0%}; got {baseline:,} and {both:,}. Set its"
            " size by flags that begin with --baseline_, e.g. --baseline_num_filters."
        )


def train_and_evaluate(
    flags: Sequence[str],
    directory: pathlib.Path,
    stages: Sequence[str],
    *,
    quick: bool,
) -> ImageRun:
    """Trains and evaluates the stages of a configuration, unless that is done already.

    Args:
      flags: flags of the configuration.
      directory: working directory of the run.
      stages: names of the stages to train.
      quick: whether to shorten the training and the evaluation.

    Returns:
      The run.

    Raises:
      ValueError: the data set has no images with levels, or the likelihood of an image
        is not finite.
    """
    config, dataset = train(flags, directory, stages, quick=quick)
    evaluation = directory / workdir.EVALUATION_DIRECTORY
    if not _is_current(evaluation / METRICS_FILE, config, stages):
        workdir.evaluate(config, dataset, directory)
    metrics = artifacts.read_json(evaluation / METRICS_FILE)
    for name in ("bits_per_dim", "bits_per_dim_baseline"):
        if name in metrics and metrics[name]["value"] is None:
            raise ValueError(f"{name} of {directory}: {metrics[name]['reason']}")
    per_image = artifacts.read_kept_npz(evaluation / PER_IMAGE_FILE)
    return ImageRun(config, dataset, directory, metrics, per_image)


def train(
    flags: Sequence[str],
    directory: pathlib.Path,
    stages: Sequence[str],
    *,
    quick: bool,
) -> tuple[Config, Dataset]:
    """Trains the stages of a configuration, unless that is done already.

    The arguments are those of `train_and_evaluate`.

    Returns:
      (configuration with all automatic values resolved, data set).

    Raises:
      ValueError: the data set has no images with levels.
    """
    config = parse(flags)
    dataset = open_images(config)
    if quick:
        config = shorten(config)
    workdir.train(config, dataset, directory, stages)
    return workdir.load_config(directory), dataset


def open_images(config: Config) -> Dataset:
    """Opens the data set of a configuration.

    Raises:
      ValueError: the data set has no images with levels.
    """
    dataset = open_dataset(config.data)
    if len(dataset.event_shape) != 3 or dataset.num_levels is None:
        raise ValueError(
            "This experiment needs images with levels; got"
            f" --dataset={config.data.dataset}, of shape {dataset.event_shape}."
            " Name a configuration with --flagfile, e.g. configs/photos_pixelcnnpp.cfg."
        )
    return dataset


def shorten(config: Config) -> Config:
    """Returns the configuration with few steps and samples, as a smoke test."""
    stages = {
        stage: dataclasses.replace(
            stage_config,
            training=dataclasses.replace(
                stage_config.training,
                num_steps=min(stage_config.training.num_steps, _QUICK_STEPS),
            ),
        )
        for stage, stage_config in config.stages.items()
    }
    evaluation = config.evaluation
    fewer = {}
    for name, most in _QUICK_EVALUATION.items():
        number = getattr(evaluation, name)
        fewer[name] = most if number is None else min(number, most)
    evaluation = dataclasses.replace(evaluation, **fewer)
    return dataclasses.replace(config, stages=stages, evaluation=evaluation)


def count_parameters(config: Config, dataset: Dataset, *stages: str) -> int:
    """Counts the parameters of the models of some stages."""
    return sum(make_model(config, s, dataset).count_params() for s in stages)


def _is_current(path: pathlib.Path, config: Config, stages: Sequence[str]) -> bool:
    """Returns whether metrics are of this configuration and of these stages."""
    if not path.is_file():
        return False
    metrics = artifacts.read_json(path)
    if "baseline" in stages and "bits_per_dim_baseline" not in metrics:
        return False
    if "subsets" not in metrics["run"]:
        # An earlier version wrote these metrics, with biased subsets and too small
        # errors.
        return False
    return metrics["run"]["flags"] == to_flagfile(config).splitlines()
