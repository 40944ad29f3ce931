"""Training, loading and evaluating the stages of a working directory."""

import functools
import pathlib
import shutil
import sys
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from smoothing_tf import artifacts, devices
from smoothing_tf.config import Config, load_config, to_flagfile
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import Dataset, open_dataset
from smoothing_tf.data.noise_scale import spread_warning
from smoothing_tf.evaluation.evaluation import write_evaluation
from smoothing_tf.models.trained import Trained
from smoothing_tf.run_files import (
    load_data_spec,
    locked_stages,
    open_dataset_of_run,
    resolve,
    save_config,
    stages_present,
    stored_data_spec,
)
from smoothing_tf.smoothing import make_smoothing
from smoothing_tf.stage import TWO_STAGES, Stage, check_stages
from smoothing_tf.stages import count_classes, load_stages, make_model
from smoothing_tf.training.history import History
from smoothing_tf.training.loop import train_stage
from smoothing_tf.training.replicas import check_replicas
from smoothing_tf.training.stop_signals import StopSignals
from smoothing_tf.training.strategies import is_chief
from smoothing_tf.training.xla_check import check_stage_compiles

__all__ = [
    "EVALUATION_DIRECTORY",
    "evaluate",
    "fit",
    "load",
    "load_config",
    "load_data_spec",
    "load_trained",
    "locked_stages",
    "open_dataset_of_run",
    "require_stages",
    "resolve",
    "save_config",
    "say_missing_stages",
    "stages_present",
    "stored_data_spec",
    "train",
]

EVALUATION_DIRECTORY = "evaluation"


def fit(
    config: Config, workdir: artifacts.Path, stages: Sequence[str] = TWO_STAGES
) -> Trained:
    """Trains the stages of a configuration, or resumes where they stopped.

    The working directory is one that `python -m smoothing_tf.train` makes, and is
    read by the other commands. When it already holds all steps of the configuration,
    nothing is trained. TensorFlow's current distribution strategy is used.

    Args:
      config: the configuration, e.g. of `smoothing_tf.configure`.
      workdir: the run's directory; created when missing.
      stages: the stages to train, members of `Stage` or their names.

    Returns:
      All stages that are trained in `workdir`, as `load` returns them.

    Raises:
      BlockingIOError: another process trains one of the stages.
      FloatingPointError: the loss or its gradient is NaN or infinite.
      TypeError: `config` is no configuration, `workdir` no path, or `stages` a single
        name.
      ValueError: the directory holds a run with another configuration, the data
        cannot be used, `stages` are wrong, or `workdir` is empty.
    """
    if not isinstance(config, Config):
        raise TypeError(
            "`config` must be a configuration, e.g. of `smoothing_tf.configure`; got"
            f" {config!r}."
        )
    check_stages(stages)
    artifacts.check_path("workdir", workdir)
    artifacts.check_directory(workdir)
    train(config, open_dataset(config.data), workdir, stages)
    return load(workdir)


def load(workdir: artifacts.Path) -> Trained:
    """Loads all stages that are trained in a working directory.

    The data set is not opened.

    Args:
      workdir: the run's directory, written by `fit` or `python -m smoothing_tf.train`.

    Raises:
      FileNotFoundError: there is no run in `workdir`, or no stage has a checkpoint.
      TypeError: `workdir` is no path.
      ValueError: a file of the run is damaged, or `workdir` is empty.
    """
    config = load_config(workdir)
    return load_trained(config, load_data_spec(workdir, config), workdir)


def load_trained(
    config: Config,
    data: DataSpec | Dataset,
    workdir: artifacts.Path,
    stages: Sequence[str] | None = None,
) -> Trained:
    """Loads trained stages of a working directory.

    Args:
      config: the configuration to build the models with; that of the run, or one
        that differs in precision.
      data: the data they were trained on, or the facts about them.
      workdir: the run's directory.
      stages: the stages to load, which must be trained; None for all that are.

    Raises:
      FileNotFoundError: a stage is not trained; the message says how to train it.
      ValueError: all checkpoints of a stage are damaged.
    """
    workdir = pathlib.Path(workdir)
    if stages is None:
        stages = stages_present(workdir)
        if not stages:
            raise FileNotFoundError(
                f"No checkpoint of any stage in {workdir}; train first:"
                f" {_train_command(workdir)}."
            )
    require_stages(workdir, stages)
    return load_stages(config, data, {stage: workdir / stage for stage in stages})


def require_stages(workdir: artifacts.Path, stages: Sequence[str]) -> None:
    """Checks that stages are trained in a working directory.

    Raises:
      FileNotFoundError: a stage is not trained; the message says how to train it.
    """
    missing = sorted(set(stages) - set(stages_present(workdir)))
    if missing:
        raise FileNotFoundError(
            f"Stage {' and '.join(missing)} must be trained in {workdir}; run"
            f" {_train_command(workdir)} --stages={','.join(missing)}."
        )


def _train_command(workdir: artifacts.Path) -> str:
    flags_file = pathlib.Path(workdir) / artifacts.FLAGS_FILE
    return f"python -m smoothing_tf.train --flagfile={flags_file} --workdir={workdir}"


def train(
    config: Config,
    dataset: Dataset,
    workdir: artifacts.Path,
    stages: Sequence[str],
    strategy: tf.distribute.Strategy | None = None,
    stop: StopSignals | None = None,
) -> None:
    """Trains the named stages, or resumes where they stopped.

    Meanwhile other processes may train other stages of the directory, or read it.

    Args:
      config: the configuration; its noise scale may still be "auto".
      dataset: the data set to train on.
      workdir: the run's directory; flags.cfg is written there first.
      stages: the stages to train.
      strategy: distribution strategy; None for the current one.
      stop: requests to stop; see `train_stage`.

    Raises:
      BlockingIOError: another process trains one of the stages.
      ValueError: the directory holds a run with another configuration, the data set
        has no examples to train on or to validate with, a model does not fit it, the
        replicas cannot share the steps, or XLA cannot compile them.
    """
    for split in ("train", "validation"):
        if not dataset.num_examples.get(split):
            raise ValueError(
                f"The data set {dataset.name!r} must have examples in a split"
                f" {split!r}; it has {dataset.num_examples}."
            )
    strategy = strategy or tf.distribute.get_strategy()
    for stage in stages:
        count_classes(config, stage, dataset)
        check_replicas(config.stages[stage].training, strategy.num_replicas_in_sync)
    for stage in stages[1:]:
        # What cannot be trained is refused here, not once the stages before it are
        # trained. In a graph of its own, building a model computes nothing.
        with tf.Graph().as_default():
            make_model(config, stage, dataset)
        check_stage_compiles(
            stage,
            functools.partial(make_model, config, stage, dataset),
            config.stages[stage].training,
        )
    writes = is_chief(strategy)
    own = stages if writes else ()
    with locked_stages(workdir, own):
        config = resolve(config, workdir, own, dataset)
        if writes:
            has_classes = config.is_class_conditional(stages)
            spec = DataSpec.of(dataset, with_frequencies=has_classes)
            config = save_config(config, spec, workdir, own)
        smoothing = make_smoothing(config.smoothing)
        if writes and set(stages) != {Stage.BASELINE}:
            warning = spread_warning(dataset, smoothing.noise_scale)
            if warning is not None:
                print(warning, file=sys.stderr)
        devices.announce(config.compute_dtypes(stages), strategy)
        for stage in stages:
            train_stage(
                stage,
                functools.partial(make_model, config, stage, dataset),
                dataset,
                smoothing,
                config.stages[stage].training,
                pathlib.Path(workdir) / stage,
                seed=config.seed,
                strategy=strategy,
                is_locked=writes,
                stop=stop,
            )


def evaluate(
    config: Config, dataset: Dataset, workdir: artifacts.Path
) -> dict[str, Any]:
    """Evaluates the trained stages and writes `workdir`/evaluation.

    Args:
      config: the resolved configuration.
      dataset: the data set it was trained on.
      workdir: the run's directory.

    Returns:
      The content of metrics.json.

    Raises:
      BlockingIOError: another process writes the evaluation.
      FileNotFoundError: no stage has a checkpoint.
    """
    workdir = pathlib.Path(workdir)
    trained = load_trained(config, dataset, workdir)
    say_missing_stages(trained, workdir)
    devices.announce(config.compute_dtypes(tuple(trained.models)))
    directory = artifacts.make_directory(workdir / EVALUATION_DIRECTORY)
    with artifacts.locked(directory):
        for leftover in directory.glob(".tmp-????????"):
            shutil.rmtree(leftover)
        return write_evaluation(
            trained,
            dataset,
            config=config.evaluation,
            flags_text=to_flagfile(config),
            histories={
                stage: History(workdir / stage).rows() for stage in trained.models
            },
            seed=config.seed,
            directory=directory,
        )


def say_missing_stages(trained: Trained, workdir: artifacts.Path) -> None:
    """Prints one line on stderr for each stage that a two-stage model lacks."""
    for stage in TWO_STAGES:
        if stage not in trained.models:
            print(
                f"Stage {stage} is not trained in {workdir}: no two-stage model.",
                file=sys.stderr,
            )
