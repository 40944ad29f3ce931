"""The run parameters of the pipeline, which hold one configuration.

`flags` is the text of a flagfile with every setting, except those that people change
most, which are parameters of their own: fields of a form in Kubeflow's pages. The node
configure reads both as the command line does, with the parameters after the text.
"""

import dataclasses
from typing import Any

from components.configure.node_settings import NodeSettings
from smoothing_tf import config as config_lib
from smoothing_tf.config.flagfiles import expand_flagfiles, flags_of_text
from smoothing_tf.settings import flag_name, text_of
from smoothing_tf.stage import TWO_STAGES, Stage

# Parameters with a name and a field of their own.
OWN_PARAMETERS = (
    "seed",
    "noise_scale",
    "num_steps",
    "num_samples",
    "max_bits_per_dim",
    "push_dir",
)
# Value of `num_steps` when each stage has its own.
_OF_EACH_STAGE = 0


def to_parameters(config: config_lib.Config, settings: NodeSettings) -> dict[str, Any]:
    """Makes the run parameters that hold a configuration.

    The pipeline trains no baseline, so the settings of that stage are left out.

    Args:
      config: the configuration of the run.
      settings: the settings of the nodes. Without a `push_dir` that parameter is left
        out, to be given when the pipeline is submitted.

    Returns:
      Parameter name -> value, a text or an integer.

    Raises:
      ValueError: a setting has no effect in the pipeline.
    """
    check_config(config)
    flags = config_lib.to_flags(config)
    for field in dataclasses.fields(NodeSettings):
        flags[flag_name(field)] = text_of(field, getattr(settings, field.name))
    own_steps = [f"{stage}_num_steps" for stage in TWO_STAGES]
    num_steps = {config.stages[stage].training.num_steps for stage in TWO_STAGES}
    left_out = {*OWN_PARAMETERS, *(own_steps if len(num_steps) == 1 else ())}
    parameters = {
        "flags": "".join(
            f"--{name}={text}\n"
            for name, text in flags.items()
            if name not in left_out and not name.startswith(f"{Stage.BASELINE}_")
        ),
        "seed": config.seed,
        "noise_scale": flags["noise_scale"],
        "num_steps": num_steps.pop() if len(num_steps) == 1 else _OF_EACH_STAGE,
        "num_samples": config.evaluation.num_samples,
        "max_bits_per_dim": flags["max_bits_per_dim"],
    }
    if settings.push_dir is not None:
        parameters["push_dir"] = settings.push_dir
    return parameters


def from_parameters(
    flags: str, **parameters: str | float
) -> tuple[config_lib.Config, NodeSettings]:
    """Reads the configuration that run parameters hold.

    Args:
      flags: text of a flagfile.
      **parameters: OWN_PARAMETERS -> value, an integer also as a float, as kfp has it.

    Returns:
      (the configuration of the run, the settings of the nodes).

    Raises:
      FlagError: an unknown flag, or a value of the wrong type or out of range.
      ValueError: a setting does not apply, has no effect, is missing or given twice.
    """
    given = expand_flagfiles(flags_of_text(flags, "`flags`"))
    names = [flag.lstrip("-").partition("=")[0] for flag in given]
    twice = [flag for flag, name in zip(given, names) if name in OWN_PARAMETERS]
    if twice:
        raise ValueError(
            f"`flags` gives {' and '.join(twice)}, but there is a parameter of that"
            " name. Set the parameter, and drop the flag from `flags`."
        )
    own = [stage for stage in TWO_STAGES if f"{stage}_num_steps" in names]
    if set(own) == set(TWO_STAGES):
        if parameters["num_steps"] != _OF_EACH_STAGE:
            raise ValueError(
                f"`num_steps` has no effect: {' and '.join(own)} each have their own"
                f" flag. Set it to {_OF_EACH_STAGE} and change `flags`, or drop"
                f" --{own[0]}_num_steps from `flags`."
            )
        del parameters["num_steps"]
    try:
        config, settings = config_lib.parse(
            [*given, *(f"--{name}={_text(v)}" for name, v in parameters.items())],
            NodeSettings,
        )
    except config_lib.HelpRequested:
        raise ValueError("`flags` must hold settings; got --help.") from None
    check_config(config)
    if settings.push_dir is None:
        raise ValueError(
            "`push_dir` must be given: a directory, or gs://BUCKET/DIR; got none."
        )
    return config, settings


def _text(value: str | float) -> str:
    is_integer = isinstance(value, float) and value.is_integer()
    return str(int(value) if is_integer else value)


def check_config(config: config_lib.Config) -> None:
    """Checks that the pipeline can use a configuration.

    Raises:
      ValueError: it names a directory for decoded splits.
    """
    if config.data.cache_dir is not None:
        raise ValueError(
            f"`--cache_dir` has no effect in the pipeline; got {config.data.cache_dir}."
            " Its nodes keep decoded splits next to the data that ingest has written,"
            " below the pipeline's root. Drop it."
        )
