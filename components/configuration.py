"""The configuration of a node: its flags, its data and its noise."""

import pathlib
from collections.abc import Sequence

from components.files import SMOOTHING_FILE
from smoothing_tf import artifacts
from smoothing_tf import config as config_lib


def node_config(
    flags: Sequence[str], data_dir: artifacts.Path, smoothing_dir: artifacts.Path
) -> config_lib.Config:
    """Joins a node's slice of the configuration with the artifacts it reads.

    Args:
      flags: --name=value of the fields that the node depends on; others have
        their defaults.
      data_dir: TFDS directory that ingest wrote.
      smoothing_dir: directory that augment wrote, with the resolved noise scale.

    Returns:
      The configuration.
    """
    smoothing = artifacts.read_json(pathlib.Path(smoothing_dir) / SMOOTHING_FILE)
    return config_lib.parse(
        [
            *flags,
            "--dataset=directory",
            f"--data_dir={data_dir}",
            f"--smoothing={smoothing['smoothing']}",
            f"--noise_scale={smoothing['noise_scale']!r}",
        ]
    )
