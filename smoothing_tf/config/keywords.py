"""Configurations from keyword arguments."""

import difflib
import os
from typing import Any

from smoothing_tf import artifacts
from smoothing_tf.config.experiment import GROUPS, Config
from smoothing_tf.config.flags import FlagError
from smoothing_tf.config.parsing import parse
from smoothing_tf.config.stage_flags import stage_fields
from smoothing_tf.settings import fields_of, text_of


def configure(flagfile: artifacts.Path | None = None, **settings: Any) -> Config:
    """Makes the configuration of a run.

    Every setting of a run that is a flag of `python -m smoothing_tf.train` is a
    keyword, and is checked like the flag. A setting of a model or of its training
    applies to all stages; with a stage's name in front, to that stage alone:

      configure(dataset="digits", model="made", num_steps=500, reverse_num_steps=900)

    Args:
      flagfile: file of flags, e.g. configs/digits_made.cfg; keywords override it.
      **settings: name of a flag -> value, or the flag's text, e.g. "auto".

    Raises:
      OSError: the flagfile cannot be read.
      ValueError: an unknown setting, a wrong value, or one that does not apply.
    """
    argv = [] if flagfile is None else [f"--flagfile={os.fspath(flagfile)}"]
    known = {
        field.name: (config_class, field)
        for group in GROUPS.values()
        for config_class, field, _ in fields_of(group)
    } | stage_fields()
    for name, value in settings.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"There is no setting {name!r}.{hint} `python -m smoothing_tf.train"
                " --help` lists all settings."
            )
        _, field = known[name]
        argv.append(f"--{name}={_text(field, value)}")
    try:
        return parse(argv)
    except FlagError as error:
        raise ValueError(str(error)) from error


def _text(field, value: Any) -> str:
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    return text_of(field, value)
