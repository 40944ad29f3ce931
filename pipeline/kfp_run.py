"""Runs the pipeline with kfp's local engine, its output going through a log of ours."""

import contextlib
import inspect
import logging
import pathlib
import re
import warnings
from collections.abc import Iterator
from typing import Any

from kfp import dsl, local

from pipeline.node_processes import node_environment
from pipeline.records.observed_cache import ObservedCache, cache_in_use
from pipeline.run_log import RunLog

# What a node asks of a cluster means nothing to kfp.local, nor do the names that nodes
# show there or the image; it warns of them for every node.
_CLUSTER_ONLY = (".* have no effect in the current local runner", ".*base image")
_COLOR = re.compile(r"\x1b\[\d+m")


class NodeError(RuntimeError):
    """A node of the pipeline failed.

    Attributes:
      last_lines: the last lines of its output.
    """

    def __init__(self, message: str, last_lines: list[str]):
        super().__init__(message)
        self.last_lines = last_lines


def run_pipeline(
    pipeline: dsl.base_component.BaseComponent,
    arguments: dict[str, Any],
    *,
    root: pathlib.Path,
    scratch: pathlib.Path,
    log: RunLog,
    cache: ObservedCache,
) -> dict[str, Any]:
    """Runs the pipeline; kfp must be of the known version.

    Args:
      pipeline: the pipeline.
      arguments: its arguments.
      root: directory for the artifacts.
      scratch: directory for temporary files.
      log: log that kfp's output goes through; it is closed.
      cache: cache to use.

    Returns:
      The outputs of the pipeline.

    Raises:
      NodeError: a node failed; the message names it and says why.
    """
    _initialize(root, scratch)
    try:
        with (
            node_environment(scratch),
            kfp_output_to(log),
            cache_in_use(cache),
        ):
            return pipeline(**arguments).outputs
    except RuntimeError as error:
        if log.error is None:
            raise
        node, message = log.error
        raise NodeError(
            f"Node {node} failed: {message} (complete output: {log.log_file(node)})",
            log.last_lines,
        ) from error
    finally:
        log.close()


def run_plainly(
    pipeline: dsl.base_component.BaseComponent,
    arguments: dict[str, Any],
    *,
    root: pathlib.Path,
    scratch: pathlib.Path,
) -> dict[str, Any]:
    """Runs the pipeline with kfp's own output, whatever its version.

    Args, returns: as `run_pipeline`.

    Raises:
      NodeError: a node failed; kfp's message.
    """
    _initialize(root, scratch)
    try:
        with node_environment(scratch):
            return pipeline(**arguments).outputs
    except RuntimeError as error:
        message = _COLOR.sub("", str(error)).rstrip(".")
        raise NodeError(f"{message}; kfp has shown its output.", []) from error


@contextlib.contextmanager
def kfp_output_to(log: RunLog) -> Iterator[None]:
    """Sends what kfp prints and logs to `log`, and drops what concerns clusters."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addFilter(log)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(log):
            for message in _CLUSTER_ONLY:
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        logger.removeFilter(log)
        logger.setLevel(level)


def _initialize(root: pathlib.Path, scratch: pathlib.Path) -> None:
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
