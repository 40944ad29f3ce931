"""The files at the top of a working directory: its configuration and data facts."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

from smoothing_tf import artifacts
from smoothing_tf.config import Config, load_config, to_flagfile, to_flags
from smoothing_tf.data import noise_scale, open_dataset
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import DataConfig, Dataset
from smoothing_tf.stage import Stage
from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.checkpoints import newest_step
from smoothing_tf.training.start_record import CHANGEABLE, StartRecord

DATA_FILE = "data.json"
_FLAGS_LOCK = f".{artifacts.FLAGS_FILE}.lock"
# Much longer than it takes to read, check and write two small files.
_WAIT_SECONDS = 60.0

# Settings that may change when a run resumes.
_MAY_CHANGE = {
    "num_steps",
    "micro_batch_size",
    "steps_per_call",
    "jit_compile",
    "profile_steps",
    "log_every",
    "validate_every",
    "max_validation_examples",
    "sample_every",
    "checkpoint_every",
    *CHANGEABLE,
}


@contextlib.contextmanager
def locked_stages(workdir: artifacts.Path, stages: Sequence[str]) -> Iterator[None]:
    """Keeps other processes from training these stages.

    Raises:
      BlockingIOError: another process trains one of them.
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
    config: Config,
    workdir: artifacts.Path,
    stages: Sequence[str] = (),
    dataset: Dataset | None = None,
) -> Config:
    """Replaces a noise scale of "auto" by its number.

    A run that has begun keeps its number as long as data set and smoothing stay the
    same; otherwise it is measured.

    Args:
      config: the configuration; it is returned unchanged if it has a number.
      workdir: the run's directory, which need not exist.
      stages: the stages whose locks the caller holds.
      dataset: the data; None opens them if they are needed.
    """
    if config.smoothing.noise_scale is not None:
        return config
    scale = _noise_scale_of_run(config, pathlib.Path(workdir), stages)
    if scale is None:
        dataset = dataset or open_dataset(config.data)
        scale = noise_scale.median_distance_noise_scale(dataset)
    smoothing = dataclasses.replace(config.smoothing, noise_scale=scale)
    return dataclasses.replace(config, smoothing=smoothing)


def _noise_scale_of_run(
    config: Config, workdir: pathlib.Path, stages: Sequence[str]
) -> float | None:
    if not (workdir / artifacts.FLAGS_FILE).exists():
        return None
    if not _fixed_stages(workdir, stages):
        return None
    old = load_config(workdir)
    is_same = (
        old.smoothing.smoothing == config.smoothing.smoothing
        and dataclasses.replace(
            old.data, data_dir=config.data.data_dir, cache_dir=config.data.cache_dir
        )
        == config.data
    )
    return old.smoothing.noise_scale if is_same else None


def save_config(
    config: Config,
    data: DataSpec,
    workdir: artifacts.Path,
    stages: Sequence[str] = (),
) -> Config:
    """Writes the configuration of a run and the facts about its data.

    One process at a time checks and writes. After a stage's first optimizer step, and
    while another process trains it, its configuration is fixed. A stage that takes no
    step now keeps the settings it was trained with.

    Args:
      config: the configuration, with a number for its noise scale.
      data: the facts about the data of the run.
      workdir: the run's directory; created when missing.
      stages: the stages whose locks the caller holds.

    Returns:
      The configuration as it was written.

    Raises:
      ValueError: a stage has begun with another configuration or other data.
      BlockingIOError: another process is writing and does not finish.
    """
    workdir = artifacts.make_directory(workdir)
    with artifacts.locked(workdir, name=_FLAGS_LOCK, wait_seconds=_WAIT_SECONDS):
        for name in (artifacts.FLAGS_FILE, DATA_FILE):
            artifacts.remove_leftovers(workdir / name)
        fixed = _fixed_stages(workdir, stages)
        if (workdir / artifacts.FLAGS_FILE).exists() and fixed:
            old = load_config(workdir)
            config = _keep_idle_settings(old, config, workdir, stages)
            _check_same_config(old, config, workdir, fixed)
            _check_same_data(workdir, data)
            for stage in set(stages) & set(fixed):
                # Older versions wrote no such record.
                StartRecord(workdir / stage).write(old.stages[stage].training, None)
        # The data come first, because flags.cfg makes the directory a run.
        artifacts.write_json(workdir / DATA_FILE, data.to_json())
        flags = to_flagfile(config)
        artifacts.write_text(workdir / artifacts.FLAGS_FILE, flags)
    return config


def _fixed_stages(workdir: pathlib.Path, own: Sequence[str]) -> list[str]:
    """Finds stages that have taken a step or are being trained by another process."""
    return [
        stage
        for stage in Stage
        if StartRecord(workdir / stage).exists()
        or (stage not in own and artifacts.is_locked(workdir / stage))
    ]


def _keep_idle_settings(
    old: Config, new: Config, workdir: pathlib.Path, own: Sequence[str]
) -> Config:
    """Makes the new configuration, in which idle stages keep their settings."""
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


def _check_same_config(
    old: Config, new: Config, workdir: pathlib.Path, fixed: Sequence[str]
) -> None:
    old_flags, new_flags = to_flags(old), to_flags(new)
    free = {"data_dir", "cache_dir"} | {
        f.name for f in dataclasses.fields(new.evaluation)
    }
    free |= {f"{stage}_{name}" for stage in Stage for name in _MAY_CHANGE}
    # The number of steps shapes a cosine schedule from its first step.
    free -= {
        f"{stage}_num_steps"
        for stage in Stage
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
    others = [stage for stage in Stage if stage not in fixed]
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


def load_data_spec(workdir: artifacts.Path, config: Config) -> DataSpec:
    """Reads the facts about the data of a run; the data set need not exist.

    Args:
      workdir: the run's directory.
      config: its configuration. A run of an older version stored no facts: its data
        set is opened.

    Raises:
      ValueError: data.json is damaged, or the data cannot be opened.
    """
    workdir = pathlib.Path(workdir)
    stored = stored_data_spec(workdir)
    if stored is not None:
        return stored
    try:
        return DataSpec.of(open_dataset(config.data))
    except (OSError, ValueError) as error:
        flags_file = workdir / artifacts.FLAGS_FILE
        raise ValueError(
            f"{error} There is no {DATA_FILE} in {workdir}, so the data are needed. Run"
            f" `python -m smoothing_tf.train --flagfile={flags_file}"
            f" --workdir={workdir} --data_dir=DIR`, which writes it."
        ) from error


def open_dataset_of_run(data_config: DataConfig, workdir: artifacts.Path) -> Dataset:
    """Opens the data of a run, wherever they are now.

    Args:
      data_config: the data set, with the place that a user has named.
      workdir: the run's directory.

    Raises:
      ValueError: the data cannot be opened, or are not those of the run.
    """
    try:
        dataset = open_dataset(data_config)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{error} The data of this run cannot be opened; say where they are now"
            " with --data_dir."
        ) from error
    data = stored_data_spec(workdir)
    if data is not None:
        where = f"--data_dir={data_config.data_dir or ''}"
        data.check_same_kind(DataSpec.of(dataset), where)
        if data.class_frequencies is not None:
            data.check_same_classes(DataSpec.of(dataset), where)
    return dataset


def stored_data_spec(workdir: artifacts.Path) -> DataSpec | None:
    """Reads the facts about the data that a run has stored, or returns None.

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
    """Finds the stages that have been trained, at least in part, in `workdir`."""
    return tuple(
        stage
        for stage in Stage
        if CheckpointFiles(pathlib.Path(workdir) / stage).steps()
    )
