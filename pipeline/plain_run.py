"""Runs the pipeline with kfp's local engine and its own output, in any version."""

import inspect
import pathlib
import re
from typing import Any

from kfp import dsl, local

from pipeline.node_processes import node_environment

_COLOR = re.compile(r"\x1b\[\d+m")


class NodeError(RuntimeError):
    """A node of the pipeline failed.

    Attributes:
      last_lines: the last lines of its output.
    """

    def __init__(self, message: str, last_lines: list[str]):
        super().__init__(message)
        self.last_lines = last_lines


def run_plainly(
    pipeline: dsl.base_component.BaseComponent,
    arguments: dict[str, Any],
    *,
    root: pathlib.Path,
    scratch: pathlib.Path,
) -> dict[str, Any]:
    """Runs the pipeline.

    Args:
      pipeline: the pipeline.
      arguments: its arguments.
      root: directory for the artifacts.
      scratch: directory for temporary files.

    Returns:
      The outputs of the pipeline.

    Raises:
      NodeError: a node failed; kfp's message.
    """
    initialize(root, scratch)
    try:
        with node_environment(scratch):
            return pipeline(**arguments).outputs
    except RuntimeError as error:
        message = _COLOR.sub("", str(error)).rstrip(".: ")
        raise NodeError(f"{message}; kfp has shown its output.", []) from error


def initialize(root: pathlib.Path, scratch: pathlib.Path) -> None:
    """Prepares kfp's local engine.

    Args:
      root: directory for the artifacts.
      scratch: directory for temporary files.
    """
    options = {
        "pipeline_root": str(root),
        "workspace_root": str(scratch / "workspace"),
        "enable_caching": True,
        "raise_on_error": True,
    }
    # Other versions of kfp have other options, and older ones no cache.
    known = inspect.signature(local.init).parameters
    local.init(
        local.SubprocessRunner(use_venv=False),
        **{name: value for name, value in options.items() if name in known},
    )
