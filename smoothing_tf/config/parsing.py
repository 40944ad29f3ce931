"""Parses the flags of a command line into configurations.

Configurations are frozen dataclasses next to the code they configure; their fields
become flags: `--noise_scale=0.3`.
"""

from collections.abc import Sequence
from typing import Any

from smoothing_tf.config.experiment import GROUPS, Config
from smoothing_tf.config.flags import FlagSet
from smoothing_tf.config.stage_flags import (
    STAGE_CLASSES,
    collect_stages,
    define_stage_flags,
)
from smoothing_tf.settings import fields_of


class HelpRequested(Exception):
    """`--help` was given.

    Attributes:
      usage: text that says what the command does.
      groups: dataclasses whose fields are its flags, or instances with other
        defaults.
      stage_classes: dataclasses whose flags exist once more for each stage.
    """

    def __init__(
        self, usage: str, groups: Sequence[Any], stage_classes: Sequence[type]
    ):
        super().__init__(usage)
        self.usage = usage
        self.groups = groups
        self.stage_classes = stage_classes


def parse(argv: Sequence[str], *options: Any, usage: str = "") -> Any:
    """Parses the flags of a run, and of a command's own options.

    Args:
      argv: arguments without the program's name, e.g. ["--flagfile=F"].
      *options: dataclasses made of `setting` fields, the command's own.
      usage: text that says what the command does, for `--help`.

    Returns:
      Config, or with options the tuple (Config, *instances of the options).

    Raises:
      FlagError: an unknown flag, or a value of the wrong type or out of range; the
        message names the flag and what is allowed.
      ValueError: a flag does not apply, or a required one is missing.
      HelpRequested: `--help` was given.
    """
    flag_set = FlagSet()
    groups = (*options, *GROUPS.values())
    flag_set.define_all(*groups)
    define_stage_flags(flag_set)
    _read(flag_set, argv, usage, groups, STAGE_CLASSES)
    config = Config(
        **{name: flag_set.collect(group) for name, group in GROUPS.items()},
        stages=collect_stages(flag_set),
    )
    if not options:
        return config
    return (config, *(flag_set.collect(option) for option in options))


def parse_options(argv: Sequence[str], *options: Any, usage: str = "") -> tuple:
    """Parses the flags of a command that reads its configuration from a run.

    Args:
      argv: arguments without the program's name.
      *options: dataclasses made of `setting` fields, or instances of them, whose
        values are then the defaults.
      usage: text that says what the command does, for `--help`.

    Returns:
      One instance for each of `options`.

    Raises:
      FlagError, ValueError, HelpRequested: as `parse`.
    """
    flag_set = FlagSet()
    flag_set.define_all(*options)
    _read(flag_set, argv, usage, options)
    return tuple(flag_set.collect(option) for option in options)


def parse_known_options(
    argv: Sequence[str], *options: Any, usage: str = ""
) -> tuple[Any, ...]:
    """Parses a command's own options and leaves all other flags to the caller.

    Args, errors: as `parse_options`.

    Returns:
      (list of the other arguments, with flagfiles expanded; one instance for each of
      `options`).
    """
    flag_set = FlagSet()
    flag_set.define_all(*options)
    rest = _read(flag_set, argv, usage, options, known_only=True)
    return (rest, *(flag_set.collect(option) for option in options))


def parse_changes(
    argv: Sequence[str], options: Any, changed: type, usage: str = ""
) -> tuple[Any, dict[str, Any]]:
    """Parses a command's options, and changes to settings that a run has stored.

    Args:
      argv: arguments without the program's name.
      options: the dataclass of the command's options.
      changed: the dataclass of the stored settings.
      usage: text that says what the command does, for `--help`.

    Returns:
      (instance of `options`, {field of `changed`: value} of the flags that were
      given).

    Raises:
      FlagError, ValueError, HelpRequested: as `parse`.
    """
    flag_set = FlagSet()
    flag_set.define_all(options, changed)
    _read(flag_set, argv, usage, (options, changed))
    changes = {
        field.name: flag_set.value(field.name)
        for _, field, _ in fields_of(changed)
        if flag_set.is_given(field.name)
    }
    return flag_set.collect(options), changes


def _read(
    flag_set: FlagSet,
    argv: Sequence[str],
    usage: str,
    groups: Sequence[Any],
    stage_classes: Sequence[type] = (),
    known_only: bool = False,
) -> list[str]:
    rest = flag_set.read(argv, known_only=known_only)
    if flag_set.wants_help:
        raise HelpRequested(usage, groups, stage_classes)
    if rest and not known_only:
        raise ValueError(
            f"Every argument must be a flag --name=value; got {rest[0]!r}."
        )
    return rest
