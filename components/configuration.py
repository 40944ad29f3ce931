"""The configuration of a node: its flags, its data and its noise."""

import pathlib
from collections.abc import Sequence

from components.files import SMOOTHING_FILE
from smoothing_tf import artifacts
from smoothing_tf import config as config_lib


def node_flags(
    flags: Sequence[str], data_dir: artifacts.Path, smoothing_dir: artifacts.Path
) -> list[str]:
    """Joins a node's slice of the configuration and the artifacts it reads, as flags.

    Args:
      flags: --name=value of the fields that the node depends on.
      data_dir: TFDS directory written by ingest.
      smoothing_dir: directory written by augment, with the resolved noise scale.

    Returns:
      --name=value of every setting that the node uses, and of no others.
    """
    smoothing = artifacts.read_json(pathlib.Path(smoothing_dir) / SMOOTHING_FILE)
    return [
        *flags,
        "--dataset=directory",
        f"--data_dir={data_dir}",
        f"--smoothing={smoothing['smoothing']}",
        f"--noise_scale={smoothing['noise_scale']!r}",
    ]


def node_config(
    flags: Sequence[str], data_dir: artifacts.Path, smoothing_dir: artifacts.Path
) -> config_lib.Config:
    """Parses the configuration of `node_flags`, with defaults for all other fields."""
    return config_lib.parse(node_flags(flags, data_dir, smoothing_dir))


def flagfile(flags: Sequence[str]) -> str:
    """Makes the text of a flagfile that holds these flags."""
    return "".join(f"{flag}\n" for flag in flags)
