"""The files at the top of a working directory: its configuration and its data."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

from smoothing_tf import artifacts, config
from smoothing_tf.config import Config
from smoothing_tf.data import noise_scale, open_dataset
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.checkpoints import newest_step
from smoothing_tf.training.start_record import CHANGEABLE, StartRecord

DATA_FILE = "data.json"
_FLAGS_LOCK = ".flags.cfg.lock"
# Reading, checking and writing two small files takes much less.
_WAIT_SECONDS = 60.0

# Settings with which a run may resume although it began with others.
_MAY_CHANGE = {
    "num_steps",
    "steps_per_call",
    "log_every",
    "validate_every",
    "max_validation_examples",
    "sample_every",
    "checkpoint_every",
    *CHANGEABLE,
}


@contextlib.contextmanager
def locked_stages(workdir: artifacts.Path, stages: Sequence[str]) -> Iterator[None]:
    """Keeps other processes from training these stages, until the end.

    Raises:
      BlockingIOError: one of them is being trained already.
    """
    with contextlib.ExitStack() as stack:
        made = []
        for stage in stages:
            directory = pathlib.Path(workdir) / stage
            if not directory.exists():
                made.append(directory)
            stack.enter_context(artifacts.locked(artifacts.make_directory(directory)))
        try:
            yield
        except BaseException:
            stack.close()
            # A run that was refused leaves no empty directories behind.
            for directory in made:
                with contextlib.suppress(OSError):
                    directory.rmdir()
            raise


def resolve(
    experiment: Config,
    workdir: artifacts.Path,
    stages: Sequence[str] = (),
    dataset: Dataset | None = None,
) -> Config:
    """The configuration with a noise scale of "auto" replaced by its number.

    A run that has begun keeps its number, as long as its data set and its smoothing
    are meant; else it is measured.

    Args:
      experiment: the configuration; it is returned as it is if it has a number.
      workdir: the run's directory, which need not exist.
      stages: the stages whose locks the caller holds.
      dataset: the data; None opens them where they are needed.
    """
    if experiment.smoothing.noise_scale is not None:
        return experiment
    scale = _noise_scale_of_run(experiment, pathlib.Path(workdir), stages)
    if scale is None:
        dataset = dataset or open_dataset(experiment.data)
        scale = noise_scale.median_distance_noise_scale(dataset)
    smoothing = dataclasses.replace(experiment.smoothing, noise_scale=scale)
    return dataclasses.replace(experiment, smoothing=smoothing)


def _noise_scale_of_run(
    experiment: Config, workdir: pathlib.Path, stages: Sequence[str]
) -> float | None:
    if not (workdir / artifacts.FLAGS_FILE).exists():
        return None
    if not _fixed_stages(workdir, stages):
        return None
    old = load_config(workdir)
    is_same = (
        old.smoothing.smoothing == experiment.smoothing.smoothing
        and dataclasses.replace(old.data, data_dir=experiment.data.data_dir)
        == experiment.data
    )
    return old.smoothing.noise_scale if is_same else None


def save_config(
    experiment: Config,
    data: DataSpec,
    workdir: artifacts.Path,
    stages: Sequence[str] = (),
) -> Config:
    """Writes the configuration of a run and the facts about its data.

    One process at a time checks and writes. From a stage's first optimizer step on, and
    while another process trains it, its configuration is fixed. A stage that takes no
    step now keeps the settings it was trained with.

    Args:
      experiment: the configuration, with a number for its noise scale.
      data: of the run.
      workdir: the run's directory; created when missing.
      stages: the stages whose locks the caller holds.

    Returns:
      The configuration as it was written.

    Raises:
      ValueError: a stage has begun with another configuration or other data.
      BlockingIOError: another process does not finish writing.
    """
    workdir = artifacts.make_directory(workdir)
    with artifacts.locked(workdir, name=_FLAGS_LOCK, wait_seconds=_WAIT_SECONDS):
        for name in (artifacts.FLAGS_FILE, DATA_FILE):
            artifacts.remove_leftovers(workdir / name)
        fixed = _fixed_stages(workdir, stages)
        if (workdir / artifacts.FLAGS_FILE).exists() and fixed:
            old = load_config(workdir)
            experiment = _with_settings_of_idle(old, experiment, workdir, stages)
            _check_same_experiment(old, experiment, workdir, fixed)
            _check_same_data(workdir, data)
            for stage in set(stages) & set(fixed):
                # Older versions wrote no such record.
                StartRecord(workdir / stage).write(old.stages[stage].training, None)
        # The data first: flags.cfg makes the directory a run.
        artifacts.write_json(workdir / DATA_FILE, data.to_json())
        flags = config.to_flagfile(experiment)
        artifacts.write_text(workdir / artifacts.FLAGS_FILE, flags)
    return experiment


def _fixed_stages(workdir: pathlib.Path, own: Sequence[str]) -> list[str]:
    """Stages with a first step, or with another process at work."""
    return [
        stage
        for stage in artifacts.STAGES
        if StartRecord(workdir / stage).exists()
        or (stage not in own and artifacts.is_locked(workdir / stage))
    ]


def _with_settings_of_idle(
    old: Config, new: Config, workdir: pathlib.Path, own: Sequence[str]
) -> Config:
    """The new configuration, with what idle stages were trained with."""
    stages = {}
    for stage, part in new.stages.items():
        step = newest_step(workdir / stage)
        is_done = step is not None and step >= part.training.num_steps
        has_begun = StartRecord(workdir / stage).exists()
        if is_done or (has_begun and stage not in own):
            earlier = old.stages[stage].training
            kept = {name: getattr(earlier, name) for name in CHANGEABLE}
            training = dataclasses.replace(part.training, **kept)
            part = dataclasses.replace(part, training=training)
        stages[stage] = part
    return dataclasses.replace(new, stages=stages)


def _check_same_experiment(
    old: Config, new: Config, workdir: pathlib.Path, fixed: Sequence[str]
) -> None:
    old_flags, new_flags = config.to_flags(old), config.to_flags(new)
    free = {"data_dir"} | {f.name for f in dataclasses.fields(new.evaluation)}
    free |= {f"{stage}_{name}" for stage in artifacts.STAGES for name in _MAY_CHANGE}
    # The length shapes a cosine, from its first step on.
    free -= {
        f"{stage}_num_steps"
        for stage in artifacts.STAGES
        if old.stages[stage].training.learning_rate_schedule == "cosine"
    }
    for stage in fixed:
        steps = newest_step(workdir / stage)
        num_steps = new.stages[stage].training.num_steps
        if steps is not None and num_steps < steps:
            raise ValueError(
                f"`--{stage}_num_steps` must be at least {steps}, the steps done in"
                f" {workdir / stage}; got {num_steps}."
            )
    others = [stage for stage in artifacts.STAGES if stage not in fixed]
    for name in old_flags | new_flags:
        belongs_to_other = any(name.startswith(f"{stage}_") for stage in others)
        if name in free or belongs_to_other:
            continue
        if old_flags.get(name) != new_flags.get(name):
            raise ValueError(
                f"`--{name}` must be {old_flags.get(name)} as in"
                f" {workdir / artifacts.FLAGS_FILE}, with which this run began; got"
                f" {new_flags.get(name)}. Name another --workdir for a new run."
            )


def _check_same_data(workdir: pathlib.Path, data: DataSpec) -> None:
    stored = stored_data_spec(workdir)
    if stored is not None:
        stored.check_same_kind(data, "--dataset and --data_dir")


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


def load_data_spec(workdir: artifacts.Path, experiment: Config) -> DataSpec:
    """The facts about the data of a run, without the data where they were stored.

    Args:
      workdir: the run's directory.
      experiment: its configuration; the data set of a run of an older version, which
        stored no facts, is opened.

    Raises:
      ValueError: data.json is damaged, or the data cannot be opened.
    """
    stored = stored_data_spec(workdir)
    if stored is not None:
        return stored
    try:
        return DataSpec.of(open_dataset(experiment.data))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{error} There is no {DATA_FILE} in {workdir}, so the data are needed. Run"
            f" `python -m smoothing_tf.train --flagfile={workdir}/flags.cfg"
            f" --workdir={workdir} --data_dir=DIR`, which writes it."
        ) from error


def stored_data_spec(workdir: artifacts.Path) -> DataSpec | None:
    """The facts about the data as they are stored in a run, or None.

    Raises:
      ValueError: data.json is damaged.
    """
    path = pathlib.Path(workdir) / DATA_FILE
    if not path.exists():
        return None
    try:
        return DataSpec.from_json(artifacts.read_json(path))
    except ValueError as error:
        raise ValueError(
            f"{path} is damaged: {error} Remove it and run `python -m"
            " smoothing_tf.train` with the run's flags, which writes it again."
        ) from error


def stages_present(workdir: artifacts.Path) -> tuple[str, ...]:
    """The stages that have been trained, at least in part, in `workdir`."""
    return tuple(
        stage
        for stage in artifacts.STAGES
        if CheckpointFiles(pathlib.Path(workdir) / stage).steps()
    )
