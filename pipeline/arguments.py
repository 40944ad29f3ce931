"""Run parameters of the pipeline: each node's slice of the configuration."""

import dataclasses
import hashlib
import os
import pathlib
from typing import Any

from pipeline.pipeline_config import PipelineConfig
from smoothing_tf import config as config_lib
from smoothing_tf.code_digest import code_digest
from smoothing_tf.data.data_config import DataConfig
from smoothing_tf.data.dataset_names import DATASETS_IN_DATA_DIR
from smoothing_tf.data.picture_listing import list_pictures

NODES_WITH_CODE = (
    "ingest",
    "augment",
    "train",
    "export",
    "generate",
    "evaluate",
    "push",
)
# Settings of the data that share one parameter.
_MORE_DATA_SETTINGS = ("split_fractions", "columns", "label_column", "standardize")


def run_arguments(config: config_lib.Config, options: PipelineConfig) -> dict[str, Any]:
    """Makes the values of the pipeline's parameters for one configuration.

    A parameter of a single node holds only what that node depends on, so that a changed
    flag re-runs that node and those after it.

    Args:
      config: the configuration of the run.
      options: the pipeline's own settings. Without a `push_dir` that parameter
        is left out, to be given when the pipeline is submitted.

    Returns:
      Parameter name -> value.

    Raises:
      ValueError: the configuration names a directory for decoded splits.
    """
    if config.data.cache_dir is not None:
        raise ValueError(
            f"`--cache_dir` has no effect in the pipeline; got {config.data.cache_dir}."
            " Its nodes keep decoded splits next to the data that ingest has written,"
            " below the pipeline's root. Drop it."
        )
    flags = config_lib.to_flags(config)
    evaluation = [field.name for field in dataclasses.fields(config.evaluation)]
    arguments = {
        "dataset": flags["dataset"],
        "data_dir": flags["data_dir"],
        "image_mode": config.data.image_mode,
        # Empty and 0 leave images unchanged.
        "image_size": list(config.data.image_size or ()),
        "num_levels": config.data.num_levels or 0,
        "data_settings": _data_settings(config.data),
        "data_digest": _data_digest(config.data),
        "max_rejected_fraction": options.max_rejected_fraction,
        "max_duplicate_fraction": options.max_duplicate_fraction,
        "smoothing": flags["smoothing"],
        "noise_scale": flags["noise_scale"],
        "train_smoothed_flags": _slice(flags, "seed", "smoothed_"),
        "train_reverse_flags": _slice(flags, "seed", "reverse_"),
        "export_flags": _slice(flags, "smoothed_", "reverse_"),
        "num_samples": config.evaluation.num_samples,
        "evaluate_flags": _slice(flags, "seed", "smoothed_", "reverse_", *evaluation),
        "seed": config.seed,
        "beam_runner": options.beam_runner,
        "beam_options": list(options.beam_options),
    }
    if options.push_dir is not None:
        arguments["push_dir"] = options.push_dir
    for node in NODES_WITH_CODE:
        arguments[f"{node}_code"] = code_digest(f"components.{node}.executor")
    return arguments


def _data_settings(config: DataConfig) -> dict[str, Any]:
    """Returns the settings without a parameter of their own that are not default."""
    fields = {field.name: field for field in dataclasses.fields(config)}
    values = {name: getattr(config, name) for name in _MORE_DATA_SETTINGS}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value != fields[name].default
    }


def _slice(flags: dict[str, str], *names: str) -> list[str]:
    """Selects the flags of these names; "x_" selects all that begin with it."""
    return [
        f"--{flag}={value}"
        for flag, value in flags.items()
        if any(flag.startswith(n) if n.endswith("_") else flag == n for n in names)
    ]


def _data_digest(config: DataConfig) -> str:
    """Computes a digest of the names, sizes and times of the user's own files."""
    if config.dataset not in DATASETS_IN_DATA_DIR or config.data_dir is None:
        return ""
    digest = hashlib.sha256()
    files: list[str] | list[pathlib.Path]
    if config.dataset == "folder":
        listing = list_pictures(config.data_dir)
        files = [p.path for pictures in listing.splits.values() for p in pictures]
        # Ingest writes only the names of these files and why they are left out.
        for path, reason in listing.left_out:
            digest.update(os.fsencode(f"{path}\0{reason}\0"))
    elif os.path.isfile(config.data_dir):
        files = [pathlib.Path(config.data_dir).absolute()]
    else:
        root = pathlib.Path(config.data_dir)
        files = [p.relative_to(root) for p in sorted(root.rglob("*")) if p.is_file()]
    for file in files:
        try:
            # An absolute path stands for itself.
            stat = os.stat(os.path.join(config.data_dir, file))
        except OSError as error:
            # Ingest rejects the file.
            digest.update(os.fsencode(f"{file}\0{error.strerror}\0"))
            continue
        digest.update(os.fsencode(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\0"))
    return digest.hexdigest()
