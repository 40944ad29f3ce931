"""The flags of stages: one for all stages, and one for each stage.

Each stage has its own settings of the model and of its training. The flag of such a
setting applies to all stages; with a stage's name in front, to that stage alone:
`--batch_size=80 --reverse_batch_size=50`.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from smoothing_tf.config.experiment import ModelChoice, StageConfig
from smoothing_tf.config.flags import FlagSet
from smoothing_tf.models.table import MODELS
from smoothing_tf.stage import Stage
from smoothing_tf.training.training_config import TrainingConfig

# The dataclasses whose fields belong to a stage.
STAGE_CLASSES = (
    ModelChoice,
    *(entry.config for entry in MODELS.values()),
    TrainingConfig,
)


def stage_fields() -> dict[str, tuple[type, dataclasses.Field]]:
    """Flag name, with and without a stage's name -> (dataclass, field)."""
    fields: dict[str, tuple[type, dataclasses.Field]] = {}
    for config_class in STAGE_CLASSES:
        for field in dataclasses.fields(config_class):
            for prefix in ("", *(f"{stage}_" for stage in Stage)):
                # Models that share the name of a field share its flag.
                fields.setdefault(prefix + field.name, (config_class, field))
    return fields


def define_stage_flags(flag_set: FlagSet) -> None:
    """Defines `name` and `<stage>_name` for every field of a stage."""
    for name, (config_class, field) in stage_fields().items():
        flag_set.define(config_class, field, name, None)


def collect_stages(flag_set: FlagSet) -> dict[str, StageConfig]:
    """Makes the configuration of every stage from its flags.

    Raises:
      ValueError: a flag does not apply, or values do not fit together.
    """

    def find_given(stage: str, field: dataclasses.Field) -> dict[str, Any]:
        for name in (f"{stage}_{field.name}", field.name):
            if flag_set.is_given(name):
                return {field.name: flag_set.value(name)}
        return {}

    def make(config_class: type, stage: str) -> Any:
        values: dict[str, Any] = {}
        for field in dataclasses.fields(config_class):
            values |= find_given(stage, field)
        return config_class(**values)

    stages: dict[str, StageConfig] = {}
    for stage in Stage:
        choice = make(ModelChoice, stage)
        stages[stage] = StageConfig(
            choice,
            make(MODELS[choice.model].config, stage),
            make(TrainingConfig, stage),
        )
    _check_flags_apply(flag_set, stages)
    return stages


def _check_flags_apply(flag_set: FlagSet, stages: dict[str, StageConfig]) -> None:
    """Rejects a flag that was given and sets nothing in any stage."""
    names = {
        field.name for group in STAGE_CLASSES for field in dataclasses.fields(group)
    }
    for name in sorted(names):
        takers = [stage for stage in Stage if name in _names_of(stages[stage])]
        for stage in Stage:
            own = f"{stage}_{name}"
            if flag_set.is_given(own) and stage not in takers:
                raise ValueError(_no_such_setting(own, name, stages[stage].model))
        if not flag_set.is_given(name):
            continue
        if not takers:
            raise ValueError(_no_such_setting(name, name, stages[Stage.SMOOTHED].model))
        if all(flag_set.is_given(f"{stage}_{name}") for stage in takers):
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
    """Joins names: a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
