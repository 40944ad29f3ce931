"""The resolved flagfile of a run, with every setting of its configuration."""

import dataclasses
import pathlib
from typing import Any

from smoothing_tf import artifacts
from smoothing_tf.config.experiment import GROUPS, Config
from smoothing_tf.config.flagfiles import read_flagfile_text
from smoothing_tf.config.flags import FlagError
from smoothing_tf.config.parsing import parse
from smoothing_tf.settings import text_of
from smoothing_tf.stage import Stage

# The last line of every text of `to_flagfile`, in all versions, sets this flag.
_LAST_FLAG = f"{Stage.BASELINE}_checkpoint_every"
_RESTORE = (
    "Restore it from a copy, or remove it and rerun the command that trained this run."
)


def to_flags(config: Config) -> dict[str, str]:
    """Lists every setting of a configuration as flag name -> text.

    The flag of a stage's setting begins with the stage's name:
    `smoothed_num_filters`.
    """
    named: dict[str, str] = {}
    for group in GROUPS:
        named |= _texts(getattr(config, group), "")
    for stage, stage_config in config.stages.items():
        for field in dataclasses.fields(stage_config):
            part = getattr(stage_config, field.name)
            named |= _texts(part, f"{stage}_")
    return named


def to_flagfile(config: Config) -> str:
    """Makes the text of a flagfile from which `parse` makes the same configuration."""
    return "".join(f"--{name}={text}\n" for name, text in to_flags(config).items())


def load_config(workdir: artifacts.Path) -> Config:
    """Reads the configuration of a run.

    Raises:
      FileNotFoundError: there is no run in `workdir`.
      TypeError: `workdir` is no path.
      ValueError: its flags.cfg is cut or damaged, or `workdir` is empty.
    """
    artifacts.check_path("workdir", workdir)
    path = pathlib.Path(workdir) / artifacts.FLAGS_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"No {artifacts.FLAGS_FILE} in {workdir}; train first with"
            f" `python -m smoothing_tf.train --flagfile=F --workdir={workdir}`."
        )
    return read_run(path)


def read_run(path: artifacts.Path) -> Config:
    """Reads the flagfile that `to_flagfile` made of a run's configuration.

    Raises:
      OSError: the file cannot be read.
      ValueError: it is empty, truncated or not a flagfile. Missing settings do not get
        their defaults, because the run was not trained with them.
    """
    try:
        flags, text = read_flagfile_text(path)
    except ValueError as error:
        raise ValueError(f"{error} {_RESTORE}") from error
    is_whole = any(flag.startswith(f"--{_LAST_FLAG}=") for flag in flags)
    # A truncated number is still a number, so the last line must have its end.
    if not is_whole or not text.endswith("\n"):
        problem = "is cut off" if flags else "is empty"
        raise ValueError(f"{path} {problem}: it must hold every setting. {_RESTORE}")
    try:
        return parse(flags)
    except (FlagError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged, or of another version: {error} {_RESTORE}"
        ) from error


def _texts(part: Any, prefix: str) -> dict[str, str]:
    return {
        prefix + field.name: text_of(field, getattr(part, field.name))
        for field in dataclasses.fields(part)
    }
