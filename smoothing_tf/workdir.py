"""A working directory: the resolved configuration beside the trained stages."""

import dataclasses
import functools
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from smoothing_tf import artifacts, config, devices
from smoothing_tf.config import Config
from smoothing_tf.data import noise_scale
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation.evaluation import write_evaluation
from smoothing_tf.models import DensityModel, TwoStageModel
from smoothing_tf.smoothing import Smoothing, make_smoothing
from smoothing_tf.stages import load_stage, load_two_stage, make_model
from smoothing_tf.training.checkpoints import CHECKPOINT_DIRECTORY
from smoothing_tf.training.history import History
from smoothing_tf.training.loop import train_stage
from smoothing_tf.training.strategies import is_chief

EVALUATION_DIRECTORY = "evaluation"
_TWO_STAGES = ("smoothed", "reverse")

# Settings with which a run may go on although it began with others.
_MAY_CHANGE = {
    "num_steps",
    "steps_per_call",
    "log_every",
    "validate_every",
    "max_validation_examples",
    "sample_every",
    "checkpoint_every",
}


def resolve(
    experiment: Config, dataset: Dataset, workdir: artifacts.Path | None = None
) -> Config:
    """The configuration with a noise scale of "auto" replaced by its number.

    In the `workdir` of a run it is the number that the run began with.
    """
    if experiment.smoothing.noise_scale is not None:
        return experiment
    if workdir is not None and stages_present(workdir):
        scale = load_config(workdir).smoothing.noise_scale
    else:
        scale = noise_scale.median_distance_noise_scale(dataset)
    smoothing = dataclasses.replace(experiment.smoothing, noise_scale=scale)
    return dataclasses.replace(experiment, smoothing=smoothing)


def save_config(experiment: Config, workdir: artifacts.Path) -> None:
    """Writes the resolved flagfile of a run.

    Raises:
      ValueError: the directory holds a trained stage with another configuration.
    """
    workdir = artifacts.make_directory(workdir)
    if (workdir / artifacts.FLAGS_FILE).exists():
        _check_same_experiment(load_config(workdir), experiment, workdir)
    artifacts.write_text(workdir / artifacts.FLAGS_FILE, config.to_flagfile(experiment))


def _check_same_experiment(old: Config, new: Config, workdir: pathlib.Path) -> None:
    untrained = [s for s in artifacts.STAGES if s not in stages_present(workdir)]
    if len(untrained) == len(artifacts.STAGES):
        return
    old_flags, new_flags = config.to_flags(old), config.to_flags(new)
    free = {"data_dir"} | {f.name for f in dataclasses.fields(new.evaluation)}
    free |= {f"{stage}_{name}" for stage in artifacts.STAGES for name in _MAY_CHANGE}
    # The length shapes a cosine, from its first step on.
    free -= {
        f"{stage}_num_steps"
        for stage in artifacts.STAGES
        if old.stages[stage].training.learning_rate_schedule == "cosine"
    }
    for stage in stages_present(workdir):
        steps, num_steps = _step(workdir / stage), new.stages[stage].training.num_steps
        if num_steps < steps:
            raise ValueError(
                f"`--{stage}_num_steps` must be at least {steps}, the steps done in"
                f" {workdir / stage}; got {num_steps}."
            )
    for name in old_flags | new_flags:
        belongs_to_untrained = any(name.startswith(f"{s}_") for s in untrained)
        if name in free or belongs_to_untrained:
            continue
        if old_flags.get(name) != new_flags.get(name):
            raise ValueError(
                f"`--{name}` must be {old_flags.get(name)} as in"
                f" {workdir / artifacts.FLAGS_FILE}, with which this run began; got"
                f" {new_flags.get(name)}. Name another --workdir for a new run."
            )


def _step(directory: pathlib.Path) -> int:
    """The step of a stage's newest checkpoint, which its name ends in."""
    checkpoint = tf.train.latest_checkpoint(directory / CHECKPOINT_DIRECTORY)
    return int(checkpoint.rpartition("-")[2])


def load_config(workdir: artifacts.Path) -> Config:
    """Reads the configuration of a run.

    Raises:
      FileNotFoundError: there is no run in `workdir`.
      ValueError: its flags.cfg is cut or damaged.
    """
    path = pathlib.Path(workdir) / artifacts.FLAGS_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"No {artifacts.FLAGS_FILE} in {workdir}; train first with"
            f" `python -m smoothing_tf.train --flagfile=F --workdir={workdir}`."
        )
    return config.read_run(path)


def stages_present(workdir: artifacts.Path) -> tuple[str, ...]:
    """The stages that have been trained, at least in part, in `workdir`."""
    workdir = pathlib.Path(workdir)
    return tuple(
        stage
        for stage in artifacts.STAGES
        if tf.train.latest_checkpoint(workdir / stage / CHECKPOINT_DIRECTORY)
    )


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
    experiment: Config, dataset: Dataset, workdir: artifacts.Path
) -> Trained:
    """Loads all that the stages present allow.

    Args:
      experiment: the resolved configuration.
      dataset: the data set it was trained on.
      workdir: the run's directory.

    Raises:
      FileNotFoundError: no stage has a checkpoint.
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
        two_stage = require_two_stage(experiment, dataset, workdir)
    elif "smoothed" in present:
        smoothed = load_stage(experiment, "smoothed", dataset, workdir / "smoothed")
    if "baseline" in present:
        baseline = load_stage(experiment, "baseline", dataset, workdir / "baseline")
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
    experiment: Config, dataset: Dataset, workdir: artifacts.Path
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
    return load_two_stage(experiment, dataset, directories)


def train(
    experiment: Config,
    dataset: Dataset,
    workdir: artifacts.Path,
    stages: Sequence[str],
    strategy: tf.distribute.Strategy | None = None,
) -> None:
    """Trains the named stages, or goes on where they stopped.

    Args:
      experiment: the configuration; its noise scale may still be "auto".
      dataset: what to train on.
      workdir: the run's directory; flags.cfg goes there first.
      stages: names among STAGES.
      strategy: where to compute; None: the current one.

    Raises:
      ValueError: the directory holds a run of another configuration, or the data
        have no split to train on or to validate with.
    """
    for split in ("train", "validation"):
        if not dataset.num_examples.get(split):
            raise ValueError(
                f"The data set {dataset.name!r} must have examples in a split"
                f" {split!r}; it has {dataset.num_examples}."
            )
    experiment = resolve(experiment, dataset, workdir)
    if strategy is None or is_chief(strategy):
        save_config(experiment, workdir)
        scale = experiment.smoothing.noise_scale
        warning = noise_scale.spread_warning(dataset, scale)
        if warning and set(stages) != {"baseline"}:
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
      FileNotFoundError: no stage has a checkpoint.
    """
    workdir = pathlib.Path(workdir)
    trained = load_trained(experiment, dataset, workdir)
    for message in trained.missing:
        print(message, file=sys.stderr)
    devices.announce(experiment.compute_dtypes(stages_present(workdir)))
    return write_evaluation(
        two_stage=trained.two_stage,
        baseline=trained.baseline,
        smoothing=trained.smoothing,
        smoothed=trained.smoothed,
        dataset=dataset,
        config=experiment.evaluation,
        flags_text=config.to_flagfile(experiment),
        histories={
            stage: History(workdir / stage).rows() for stage in stages_present(workdir)
        },
        seed=experiment.seed,
        directory=workdir / EVALUATION_DIRECTORY,
    )
