"""Each node's inputs: its slice of the configuration and the digests.

A slice holds only what its node depends on, so that a changed flag reruns that node
and those after it. Slices are texts and lists of texts: kfp hands a whole number in a
list or a dict on as a float.
"""

import dataclasses
import hashlib
import json
import os
from typing import Any, NamedTuple

from components.configure.data_digest import data_digest
from components.configure.node_settings import NodeSettings
from components.predecessor import Predecessor
from smoothing_tf import config as config_lib
from smoothing_tf.code_digest import code_digest
from smoothing_tf.data.data_config import DataConfig

# Settings of the data that were added later: only those that are not default are
# inputs of ingest.
_MORE_DATA_SETTINGS = ("split_fractions", "columns", "label_column", "standardize")
# Settings of ingest that stop a run or do not: the data are the same.
_ONLY_STOP = ("max_rejected_fraction", "max_duplicate_fraction")
# Inputs that the exported model depends on, apart from the settings of ingest.
_MAKES_THE_MODEL = (
    "augment_settings",
    "train_smoothed_flags",
    "train_reverse_flags",
    "export_flags",
    "data_digest",
    "ingest_code",
    "augment_code",
    "train_code",
    "export_code",
)


class NodeInputs(NamedTuple):
    """The outputs of configure.

    Attributes:
      ingest_settings: arguments of the executor of ingest, as JSON.
      augment_settings: arguments of the executor of augment, as JSON.
      train_smoothed_flags: flags of train_smoothed, --name=value.
      train_reverse_flags: flags of train_reverse.
      export_flags: flags of export.
      generate_settings: arguments of the executor of generate, as JSON.
      evaluate_flags: flags of evaluate.
      predecessor: the served version that evaluate compares the model with, see
        `Predecessor`; empty if it compares nothing.
      made_from: digest of all that the model is made from.
      push_dir: where push writes to.
      data_digest: digest of the data set's files.
      ingest_code: digest of the code of ingest; likewise those of the other nodes.
    """

    ingest_settings: str
    augment_settings: str
    train_smoothed_flags: list[str]
    train_reverse_flags: list[str]
    export_flags: list[str]
    generate_settings: str
    evaluate_flags: list[str]
    predecessor: str
    made_from: str
    push_dir: str
    data_digest: str
    ingest_code: str
    augment_code: str
    train_code: str
    export_code: str
    generate_code: str
    evaluate_code: str
    push_code: str


def make_node_inputs(config: config_lib.Config, settings: NodeSettings) -> NodeInputs:
    """Slices the configuration, and computes the digests on this machine.

    Args:
      config: the configuration of the run.
      settings: the settings of the nodes, with a `push_dir`.

    Raises:
      FileNotFoundError: the data are not there.
      OSError: the versions to compare with are not there, or cannot be read.
      ValueError: the newest of them is damaged, or is no two-stage model.
    """
    flags = config_lib.to_flags(config)
    evaluation = [field.name for field in dataclasses.fields(config.evaluation)]
    beam = {
        "beam_runner": settings.beam_runner,
        "beam_options": list(settings.beam_options),
    }
    ingest_settings = {
        "dataset": config.data.dataset,
        "data_dir": config.data.data_dir,
        "image_mode": config.data.image_mode,
        "image_size": config.data.image_size,
        "num_levels": config.data.num_levels,
        "data_settings": _data_settings(config.data),
        "max_rejected_fraction": settings.max_rejected_fraction,
        "max_duplicate_fraction": settings.max_duplicate_fraction,
    }
    augment_settings = {
        "smoothing": config.smoothing.smoothing,
        "noise_scale": config.smoothing.noise_scale,
        "seed": config.seed,
    }
    generate_settings = {
        "num_samples": config.evaluation.num_samples,
        "seed": config.seed,
        **beam,
    }
    codes = {
        name: code_digest(f"components.{name.removesuffix('_code')}.executor")
        for name in NodeInputs._fields
        if name.endswith("_code")
    }
    inputs: dict[str, Any] = {
        "ingest_settings": json.dumps(ingest_settings | beam),
        "augment_settings": json.dumps(augment_settings),
        "train_smoothed_flags": _slice(flags, "seed", "smoothed_"),
        "train_reverse_flags": _slice(flags, "seed", "reverse_"),
        "export_flags": _slice(flags, "smoothed_", "reverse_"),
        "generate_settings": json.dumps(generate_settings),
        "evaluate_flags": _slice(flags, "seed", "smoothed_", "reverse_", *evaluation),
        "push_dir": str(settings.push_dir),
        "data_digest": data_digest(config.data),
        **codes,
    }
    makes_data = {k: v for k, v in ingest_settings.items() if k not in _ONLY_STOP}
    made_from = _digest([makes_data, *(inputs[name] for name in _MAKES_THE_MODEL)])
    return NodeInputs(
        predecessor=_predecessor(settings, made_from), made_from=made_from, **inputs
    )


def _digest(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def _predecessor(settings: NodeSettings, made_from: str) -> str:
    """Finds the served version to compare with; empty if nothing is compared."""
    directory = settings.bless_against
    if directory is None:
        return ""
    # TensorFlow, which reads object stores, takes seconds to import.
    from components.served_versions import digest_of, find_newest

    if "://" not in directory:
        directory = os.path.abspath(directory)
    # Before the first push, only the directory that is pushed to may be missing.
    version = find_newest(
        directory,
        made_from,
        may_be_missing=_is_same_place(directory, str(settings.push_dir)),
    )
    digest = None if version is None else digest_of(version)
    found = Predecessor(directory, settings.max_regression, version, digest)
    return found.to_text()


def _is_same_place(first: str, second: str) -> bool:
    if "://" in first or "://" in second:
        return first.rstrip("/") == second.rstrip("/")
    return os.path.realpath(first) == os.path.realpath(second)


def _data_settings(config: DataConfig) -> dict[str, Any]:
    """Returns the settings that were added later and are not default."""
    fields = {field.name: field for field in dataclasses.fields(config)}
    values = {name: getattr(config, name) for name in _MORE_DATA_SETTINGS}
    return {
        name: value for name, value in values.items() if value != fields[name].default
    }


def _slice(flags: dict[str, str], *names: str) -> list[str]:
    """Selects the flags of these names; "x_" selects all that begin with it."""
    return [
        f"--{flag}={value}"
        for flag, value in flags.items()
        if any(flag.startswith(n) if n.endswith("_") else flag == n for n in names)
    ]
