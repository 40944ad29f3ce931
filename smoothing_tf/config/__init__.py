"""Configuration of a run: dataclasses, flags and flagfiles."""

from smoothing_tf.config.experiment import Config, ModelChoice, RunConfig, StageConfig
from smoothing_tf.config.flags import (
    HelpRequested,
    parse,
    parse_known_options,
    parse_options,
    read_run,
    to_flagfile,
    to_flags,
)

__all__ = [
    "Config",
    "HelpRequested",
    "ModelChoice",
    "RunConfig",
    "StageConfig",
    "parse",
    "parse_known_options",
    "parse_options",
    "read_run",
    "to_flagfile",
    "to_flags",
]
