"""Configuration of a run: dataclasses, flags and flagfiles."""

from smoothing_tf.config.experiment import Config, ModelChoice, RunConfig, StageConfig
from smoothing_tf.config.flags import FlagError
from smoothing_tf.config.keywords import configure
from smoothing_tf.config.parsing import (
    HelpRequested,
    parse,
    parse_changes,
    parse_known_options,
    parse_options,
)
from smoothing_tf.config.run_flagfile import (
    load_config,
    read_run,
    to_flagfile,
    to_flags,
)

__all__ = [
    "Config",
    "FlagError",
    "HelpRequested",
    "ModelChoice",
    "RunConfig",
    "StageConfig",
    "configure",
    "load_config",
    "parse",
    "parse_changes",
    "parse_known_options",
    "parse_options",
    "read_run",
    "to_flagfile",
    "to_flags",
]
