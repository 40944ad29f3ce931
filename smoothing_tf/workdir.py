"""A working directory: the resolved configuration beside the trained stages."""

import dataclasses
import functools
import pathlib
import shutil
import sys
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from smoothing_tf import artifacts, config, devices
from smoothing_tf.config import Config
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.noise_scale import spread_warning
from smoothing_tf.evaluation.evaluation import write_evaluation
from smoothing_tf.models import DensityModel, TwoStageModel
from smoothing_tf.run_files import (
    load_config,
    load_data_spec,
    locked_stages,
    resolve,
    save_config,
    stages_present,
    stored_data_spec,
)
from smoothing_tf.smoothing import Smoothing, make_smoothing
from smoothing_tf.stages import load_stage, load_two_stage, make_model
from smoothing_tf.training.history import History
from smoothing_tf.training.loop import train_stage
from smoothing_tf.training.stop_signals import StopSignals
from smoothing_tf.training.strategies import is_chief

__all__ = [
    "EVALUATION_DIRECTORY",
    "Trained",
    "evaluate",
    "load_config",
    "load_data_spec",
    "load_trained",
    "locked_stages",
    "require_two_stage",
    "resolve",
    "save_config",
    "stages_present",
    "stored_data_spec",
    "train",
]

EVALUATION_DIRECTORY = "evaluation"
_TWO_STAGES = ("smoothed", "reverse")


@dataclasses.dataclass(frozen=True)
class Trained:
    """What has been trained in a working directory.

    Attributes:
      two_stage: of the stages smoothed and reverse, or None.
      baseline: or None.
      smoothing: q(x~ | x).
      smoothed: p(x~) where the reverse stage is missing, or None.
      missing: one line for each stage of the two that is not trained.
    """

    two_stage: TwoStageModel | None
    baseline: DensityModel | None
    smoothing: Smoothing
    smoothed: DensityModel | None
    missing: tuple[str, ...]


def load_trained(
    experiment: Config, data: DataSpec | Dataset, workdir: artifacts.Path
) -> Trained:
    """Loads all that the stages present allow.

    Args:
      experiment: the resolved configuration.
      data: the data it was trained on, or the facts about them.
      workdir: the run's directory.

    Raises:
      FileNotFoundError: no stage has a checkpoint.
      ValueError: all checkpoints of a stage are damaged.
    """
    workdir = pathlib.Path(workdir)
    present = stages_present(workdir)
    if not present:
        raise FileNotFoundError(
            f"No checkpoint of any stage in {workdir}; train first: python -m"
            f" smoothing_tf.train --flagfile={workdir / artifacts.FLAGS_FILE}"
            f" --workdir={workdir}."
        )
    two_stage = baseline = smoothed = None
    missing = [stage for stage in _TWO_STAGES if stage not in present]
    if not missing:
        two_stage = require_two_stage(experiment, data, workdir)
    elif "smoothed" in present:
        smoothed = load_stage(experiment, "smoothed", data, workdir / "smoothed")
    if "baseline" in present:
        baseline = load_stage(experiment, "baseline", data, workdir / "baseline")
    return Trained(
        two_stage,
        baseline,
        make_smoothing(experiment.smoothing),
        smoothed,
        tuple(
            f"Stage {stage} is not trained in {workdir}: no two-stage model."
            for stage in missing
        ),
    )


def require_two_stage(
    experiment: Config, data: DataSpec | Dataset, workdir: artifacts.Path
) -> TwoStageModel:
    """The two-stage model of a run.

    Raises:
      FileNotFoundError: a stage is missing; the message says how to train it.
    """
    missing = {"smoothed", "reverse"} - set(stages_present(workdir))
    if missing:
        flags_file = pathlib.Path(workdir) / artifacts.FLAGS_FILE
        raise FileNotFoundError(
            f"Stage {' and '.join(sorted(missing))} must be trained in {workdir}; run"
            f" python -m smoothing_tf.train --flagfile={flags_file} --workdir={workdir}"
            f" --stages={','.join(sorted(missing))}."
        )
    directories = {stage: pathlib.Path(workdir) / stage for stage in _TWO_STAGES}
    return load_two_stage(experiment, data, directories)


def train(
    experiment: Config,
    dataset: Dataset,
    workdir: artifacts.Path,
    stages: Sequence[str],
    strategy: tf.distribute.Strategy | None = None,
    stop: StopSignals | None = None,
) -> None:
    """Trains the named stages, or resumes where they stopped.

    Other processes may train other stages of the directory, or read it, meanwhile.

    Args:
      experiment: the configuration; its noise scale may still be "auto".
      dataset: what to train on.
      workdir: the run's directory; flags.cfg goes there first.
      stages: names among STAGES.
      strategy: where to compute; None: the current one.
      stop: requests to stop, as of `train_stage`.

    Raises:
      BlockingIOError: another process trains one of the stages.
      ValueError: the directory holds a run of another configuration, or the data
        have no split to train on or to validate with.
    """
    for split in ("train", "validation"):
        if not dataset.num_examples.get(split):
            raise ValueError(
                f"The data set {dataset.name!r} must have examples in a split"
                f" {split!r}; it has {dataset.num_examples}."
            )
    writes = strategy is None or is_chief(strategy)
    own = stages if writes else ()
    with locked_stages(workdir, own):
        experiment = resolve(experiment, workdir, own, dataset)
        if writes:
            experiment = save_config(experiment, DataSpec.of(dataset), workdir, own)
        if writes and set(stages) != {"baseline"}:
            warning = spread_warning(dataset, experiment.smoothing.noise_scale)
            if warning is not None:
                print(warning, file=sys.stderr)
        devices.announce(experiment.compute_dtypes(stages), strategy)
        for stage in stages:
            train_stage(
                stage,
                functools.partial(make_model, experiment, stage, dataset),
                dataset,
                make_smoothing(experiment.smoothing),
                experiment.stages[stage].training,
                pathlib.Path(workdir) / stage,
                seed=experiment.seed,
                strategy=strategy,
                is_locked=writes,
                stop=stop,
            )


def evaluate(
    experiment: Config, dataset: Dataset, workdir: artifacts.Path
) -> dict[str, Any]:
    """Evaluates what has been trained into `workdir`/evaluation.

    Args:
      experiment: the resolved configuration.
      dataset: the data set it was trained on.
      workdir: the run's directory.

    Returns:
      The content of metrics.json.

    Raises:
      BlockingIOError: another process writes the evaluation.
      FileNotFoundError: no stage has a checkpoint.
    """
    workdir = pathlib.Path(workdir)
    trained = load_trained(experiment, dataset, workdir)
    for message in trained.missing:
        print(message, file=sys.stderr)
    devices.announce(experiment.compute_dtypes(stages_present(workdir)))
    directory = artifacts.make_directory(workdir / EVALUATION_DIRECTORY)
    with artifacts.locked(directory):
        for leftover in directory.glob(".tmp-????????"):
            shutil.rmtree(leftover)
        return write_evaluation(
            two_stage=trained.two_stage,
            baseline=trained.baseline,
            smoothing=trained.smoothing,
            smoothed=trained.smoothed,
            dataset=dataset,
            config=experiment.evaluation,
            flags_text=config.to_flagfile(experiment),
            histories={
                stage: History(workdir / stage).rows()
                for stage in stages_present(workdir)
            },
            seed=experiment.seed,
            directory=directory,
        )
