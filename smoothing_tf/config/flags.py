"""From flags to a configuration and back; the one module that touches flags.

Configurations are frozen dataclasses beside the code they configure. Here their
fields become flags: `--noise_scale=0.3`. A field of a model or of its training
belongs to a stage; its flag sets it for all stages, and with a stage's name in
front for that stage alone: `--batch_size=80 --reverse_batch_size=50`.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from absl import flags

from smoothing_tf import artifacts
from smoothing_tf.artifacts import STAGES
from smoothing_tf.config.experiment import Config, ModelChoice, RunConfig, StageConfig
from smoothing_tf.config.flagfiles import expand_flagfiles, read_flagfile
from smoothing_tf.data.dataset import DataConfig
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.models import MODELS
from smoothing_tf.settings import (
    check_line,
    check_value,
    class_of,
    elements_of,
    expand_path,
    fields_of,
    rules_of,
    text_of,
    type_of,
)
from smoothing_tf.smoothing import SmoothingConfig
from smoothing_tf.training.training_config import TrainingConfig


class HelpRequested(Exception):
    """`--help` was given.

    Attributes:
      usage: what the command does.
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


_GROUPS = {
    "run": RunConfig,
    "data": DataConfig,
    "smoothing": SmoothingConfig,
    "evaluation": EvaluationConfig,
}
_STAGE_CLASSES = (
    ModelChoice,
    *(entry.config for entry in MODELS.values()),
    TrainingConfig,
)
# With this one ends, since the first version, what `to_flagfile` makes.
_LAST_FLAG = f"{STAGES[-1]}_checkpoint_every"
_RESTORE = (
    "Restore it from a copy, or remove it and run the command again that trained this"
    " run."
)


def parse(argv: Sequence[str], *options: Any, usage: str = "") -> Any:
    """Parses the flags of an experiment, and of a command's own options.

    Args:
      argv: arguments without the program's name, e.g. ["--flagfile=F"].
      *options: dataclasses made of `setting` fields, the command's own.
      usage: what the command does, for `--help`.

    Returns:
      Config, or with options the tuple (Config, *instances of the options).

    Raises:
      absl.flags.Error: an unknown flag, or a value of the wrong type or out of
        range; the message names the flag and what is allowed.
      ValueError: a flag does not apply, or a required one is missing.
      HelpRequested: `--help` was given.
    """
    flag_values = flags.FlagValues()
    _define(flag_values, *options, *_GROUPS.values())
    _define_stage_flags(flag_values)
    _read(flag_values, argv, usage, (*options, *_GROUPS.values()), has_stages=True)
    config = Config(
        **{name: _collect(flag_values, group) for name, group in _GROUPS.items()},
        stages=_collect_stages(flag_values),
    )
    if not options:
        return config
    return (config, *(_collect(flag_values, option) for option in options))


def parse_options(argv: Sequence[str], *options: Any, usage: str = "") -> tuple:
    """Parses the flags of a command that reads its experiment from a workdir.

    Args:
      argv: arguments without the program's name.
      *options: dataclasses made of `setting` fields, or instances of them,
        whose values are then the defaults.
      usage: what the command does, for `--help`.

    Returns:
      One instance for each of `options`.

    Raises:
      absl.flags.Error, ValueError, HelpRequested: as `parse`.
    """
    flag_values = flags.FlagValues()
    _define(flag_values, *options)
    _read(flag_values, argv, usage, options, has_stages=False)
    return tuple(_collect(flag_values, option) for option in options)


def parse_known_options(
    argv: Sequence[str], *options: Any, usage: str = ""
) -> tuple[Any, ...]:
    """As `parse_options`, of arguments that may hold the flags of an experiment too.

    Returns:
      (list of the arguments that are no flags of `options`, flagfiles expanded;
      one instance for each of `options`).
    """
    flag_values = flags.FlagValues()
    _define(flag_values, *options)
    rest = _read(flag_values, argv, usage, options, has_stages=False, known_only=True)
    return (rest, *(_collect(flag_values, option) for option in options))


def to_flags(config: Config) -> dict[str, str]:
    """Every setting of a configuration as flag name -> text.

    What belongs to a stage carries its name: `smoothed_num_filters`.
    """
    named = {}
    for group in _GROUPS:
        named |= _texts(getattr(config, group), "")
    for stage, stage_config in config.stages.items():
        for field in dataclasses.fields(stage_config):
            part = getattr(stage_config, field.name)
            named |= _texts(part, f"{stage}_")
    return named


def to_flagfile(config: Config) -> str:
    """The text of a flagfile from which `parse` makes the same configuration."""
    return "".join(f"--{name}={text}\n" for name, text in to_flags(config).items())


def read_run(path: artifacts.Path) -> Config:
    """Reads the flagfile that `to_flagfile` made of a run's configuration.

    Raises:
      OSError: the file cannot be read.
      ValueError: it is empty, cut or no flagfile: what it lacks is not replaced by
        defaults, with which nothing was trained.
    """
    try:
        lines = read_flagfile(path)
    except ValueError as error:
        raise ValueError(f"{error} {_RESTORE}") from error
    is_whole = any(line.startswith(f"--{_LAST_FLAG}=") for line in lines)
    # A number that is cut is a number still.
    if not is_whole or not artifacts.read_bytes(path).endswith(b"\n"):
        problem = "is cut" if lines else "is empty"
        raise ValueError(f"{path} {problem}: it must hold every setting. {_RESTORE}")
    try:
        return parse(lines)
    except (flags.Error, ValueError) as error:
        raise ValueError(
            f"{path} is damaged, or of another version: {error} {_RESTORE}"
        ) from error


def _texts(part: Any, prefix: str) -> dict[str, str]:
    return {
        prefix + field.name: text_of(field, getattr(part, field.name))
        for field in dataclasses.fields(part)
    }


class _FieldParser(flags.ArgumentParser):
    """Parses a flag's text by the type and the rules of a dataclass field."""

    def __init__(self, config_class: type, field: dataclasses.Field):
        self._config_class = config_class
        self._field = field
        self.syntactic_help = ""

    def flag_type(self) -> str:
        return type_of(self._config_class, self._field).base.__name__

    def parse(self, argument: Any) -> Any:
        if not isinstance(argument, str):
            return argument
        check_line(self._field.name, argument)
        field_type = type_of(self._config_class, self._field)
        if field_type.is_optional and argument == rules_of(self._field).none_name:
            return None
        if field_type.is_tuple:
            texts = elements_of(argument)
            value = tuple(self._convert(text, field_type.base) for text in texts)
        else:
            value = self._convert(argument, field_type.base)
        check_value(self._config_class, self._field, value)
        return value

    def _convert(self, text: str, base: type) -> Any:
        if rules_of(self._field).is_path:
            return expand_path(self._field.name, text)
        try:
            return base(text)
        except ValueError:
            raise ValueError(
                f"`{self._field.name}` must be of type {base.__name__}; got {text!r}."
            ) from None


def _define(flag_values: flags.FlagValues, *groups: Any) -> None:
    for group in groups:
        for config_class, field, default in fields_of(group):
            _define_flag(flag_values, config_class, field, field.name, default)


def _define_stage_flags(flag_values: flags.FlagValues) -> None:
    """`name` and `<stage>_name` for every field of a stage; None is "not given"."""
    for config_class in _STAGE_CLASSES:
        for field in dataclasses.fields(config_class):
            for prefix in ("", *(f"{stage}_" for stage in STAGES)):
                # Models share a flag where they share the name of a field.
                if prefix + field.name not in flag_values:
                    _define_flag(
                        flag_values, config_class, field, prefix + field.name, None
                    )


def _define_flag(flag_values, config_class, field, name, default) -> None:
    if type_of(config_class, field).base is bool:  # Also --name and --noname.
        flags.DEFINE_boolean(
            name, default, rules_of(field).help, flag_values=flag_values
        )
        return
    flags.DEFINE(
        _FieldParser(config_class, field),
        name,
        default,
        rules_of(field).help,
        flag_values=flag_values,
    )


def _read(flag_values, argv, usage, groups, has_stages, known_only=False) -> list[str]:
    flags.DEFINE_boolean("help", False, "Print this text.", flag_values=flag_values)
    argv = expand_flagfiles(argv)
    rest = flag_values(["command", *argv], known_only=known_only)[1:]
    if flag_values.help:
        raise HelpRequested(usage, groups, _STAGE_CLASSES if has_stages else ())
    if rest and not known_only:
        raise ValueError(
            f"Every argument must be a flag --name=value; got {rest[0]!r}."
        )
    return rest


def _collect(flag_values: flags.FlagValues, group: Any) -> Any:
    values = {}
    for config_class, field, _ in fields_of(group):
        value = values[field.name] = flag_values[field.name].value
        if value is None and not type_of(config_class, field).is_optional:
            raise ValueError(f"`--{field.name}` must be given: {rules_of(field).help}")
    return class_of(group)(**values)


def _collect_stages(flag_values: flags.FlagValues) -> dict[str, StageConfig]:
    def given(stage: str, field: dataclasses.Field) -> dict[str, Any]:
        # "none" is a value too, so ask whether a flag is present, not what it is.
        for name in (f"{stage}_{field.name}", field.name):
            if flag_values[name].present:
                return {field.name: flag_values[name].value}
        return {}

    def make(config_class: type, stage: str) -> Any:
        values = {}
        for field in dataclasses.fields(config_class):
            values |= given(stage, field)
        return config_class(**values)

    stages = {}
    for stage in STAGES:
        choice = make(ModelChoice, stage)
        stages[stage] = StageConfig(
            choice,
            make(MODELS[choice.model].config, stage),
            make(TrainingConfig, stage),
        )
    _check_flags_apply(flag_values, stages)
    return stages


def _check_flags_apply(flag_values, stages: dict[str, StageConfig]) -> None:
    """Rejects a given flag that no stage takes its value from."""
    names = {
        field.name for group in _STAGE_CLASSES for field in dataclasses.fields(group)
    }
    for name in sorted(names):
        takers = [stage for stage in STAGES if name in _names_of(stages[stage])]
        for stage in STAGES:
            own = f"{stage}_{name}"
            if flag_values[own].present and stage not in takers:
                raise ValueError(_no_such_setting(own, name, stages[stage].model))
        if not flag_values[name].present:
            continue
        if not takers:
            raise ValueError(_no_such_setting(name, name, stages[STAGES[0]].model))
        if all(flag_values[f"{stage}_{name}"].present for stage in takers):
            raise ValueError(
                f"`--{name}` has no effect: {_and(takers)} each have their own flag."
                f" Drop it, or use --{takers[0]}_{name}."
            )


def _names_of(stage: StageConfig) -> set[str]:
    parts = (ModelChoice, stage.model_config, stage.training)
    return {field.name for part in parts for field in dataclasses.fields(part)}


def _no_such_setting(flag: str, name: str, model: str) -> str:
    owners = [
        other
        for other, entry in MODELS.items()
        if name in {field.name for field in dataclasses.fields(entry.config)}
    ]
    return (
        f"`--{flag}` does not apply to --model={model}; it is a setting of"
        f" {_and(owners)}."
    )


def _and(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
