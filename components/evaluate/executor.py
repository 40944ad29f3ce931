"""Evaluates the two-stage model and the generated samples; blesses the model."""

import dataclasses
import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from components.configuration import flagfile, node_flags
from components.evaluate.blessing import bless
from components.files import BLESSING_FILE
from components.predecessor import Predecessor
from smoothing_tf import artifacts, devices, stages
from smoothing_tf import config as config_lib
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.evaluation.evaluation import REPORT_FILE, write_evaluation
from smoothing_tf.parts import Parts
from smoothing_tf.training.history import History


def run(
    *,
    flags: Sequence[str],
    data_dir: artifacts.Path,
    smoothing_dir: artifacts.Path,
    stage_dirs: Mapping[str, artifacts.Path],
    samples_dir: artifacts.Path,
    output_dir: artifacts.Path,
    metrics_file: artifacts.Path,
    report_file: artifacts.Path,
    model_dir: artifacts.Path = "",
    predecessor: str = "",
) -> tuple[bool, dict[str, float]]:
    """Writes the evaluation, the blessing, a copy of the report, and plain numbers.

    Args:
      flags: flags of both stages, the evaluation and the seed; `max_bits_per_dim`
        is the threshold of the blessing.
      data_dir: TFDS directory written by ingest.
      smoothing_dir: directory written by augment.
      stage_dirs: stage -> directory written by its training.
      samples_dir: directory written by generate.
      output_dir: directory for metrics.json, blessing.json, pictures and statistics.
      metrics_file: JSON file for the numbers that are returned.
      report_file: file for the copy of the HTML report.
      model_dir: the exported model, which is compared.
      predecessor: what it is compared with, as configure found it; empty for nothing.

    Returns:
      (blessed, numbers): a finite float for every metric that has a value, and its
      standard error as `<name>_se`.

    Raises:
      FileNotFoundError: a stage has no checkpoint.
      ValueError: a flag is not valid; a threshold for data without levels; or the
        model cannot be compared.
    """
    flags = node_flags(flags, data_dir, smoothing_dir)
    config = config_lib.parse(flags)
    dataset = open_dataset(config.data)
    max_bits_per_dim = config.evaluation.max_bits_per_dim
    if max_bits_per_dim is not None and dataset.num_levels is None:
        raise ValueError(
            "`max_bits_per_dim` must be none for data without levels, whose bound is"
            f" in nats; got {max_bits_per_dim}."
        )
    samples = artifacts.read_kept_npz(
        pathlib.Path(samples_dir) / artifacts.SAMPLES_FILE
    )
    devices.announce(config.compute_dtypes(list(stage_dirs)))
    served = Predecessor.from_text(predecessor)
    difference: dict[str, Any] = {}
    seconds: dict[str, dict[str, float]] = {}
    if served is not None and served.version is not None:
        from components.evaluate.comparison import compare

        # First of all: what cannot be compared should not take an evaluation.
        parts = Parts(progress=True)
        difference = compare(
            model_dir, served, dataset, config.evaluation, config.seed, parts
        )
        seconds = parts.seconds
        seconds["loading of the compared models"] = seconds.pop("other")
    metrics = write_evaluation(
        stages.load_stages(config, dataset, stage_dirs),
        dataset,
        samples=samples,
        config=config.evaluation,
        flags_text=flagfile(flags),
        histories={
            stage: History(directory).rows() for stage, directory in stage_dirs.items()
        },
        seed=config.seed,
        directory=output_dir,
        more_metrics=difference,
        more_facts=_describe(served),
        bless=lambda metrics: dataclasses.astuple(
            bless(metrics, max_bits_per_dim, served)
        ),
        more_seconds=seconds,
    )
    blessing = bless(metrics, max_bits_per_dim, served)
    print(*blessing.reasons, sep="\n")
    artifacts.write_json(
        pathlib.Path(output_dir) / BLESSING_FILE, dataclasses.asdict(blessing)
    )
    numbers = _numbers(metrics)
    report = pathlib.Path(output_dir) / REPORT_FILE
    artifacts.write_text(report_file, report.read_text())
    artifacts.write_json(metrics_file, numbers)
    return blessing.blessed, numbers


def _describe(predecessor: Predecessor | None) -> dict[str, str]:
    """Says in the report what the model was compared with."""
    if predecessor is None:
        return {}
    version = f"no version in {predecessor.directory} yet"
    if predecessor.version is not None:
        version = f"{predecessor.version}, SHA-256 {predecessor.digest}"
    return {
        "compared_with": version,
        "max_regression": f"{predecessor.max_regression:g}",
    }


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Selects finite floats, the only values that Kubeflow accepts for a metric."""
    numbers = {}
    for name, metric in metrics.items():
        for key, suffix in (("value", ""), ("se", "_se")):
            number = metric.get(key)
            if number is not None and math.isfinite(number):
                numbers[name + suffix] = float(number)
    return numbers
