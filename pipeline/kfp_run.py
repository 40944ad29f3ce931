"""Runs the pipeline with kfp's local engine, its output going through a log of ours."""

import contextlib
import logging
import pathlib
import warnings
from collections.abc import Iterator
from typing import Any

from kfp import dsl

from pipeline.node_processes import node_environment
from pipeline.plain_run import NodeError, initialize
from pipeline.records.observed_cache import ObservedCache, cache_in_use
from pipeline.run_log import RunLog

# What a node asks of a cluster means nothing to kfp.local, nor do the names that nodes
# show there or the image; it warns of them for every node.
_CLUSTER_ONLY = (".* have no effect in the current local runner", ".*base image")


def run_pipeline(
    pipeline: dsl.base_component.BaseComponent,
    arguments: dict[str, Any],
    *,
    root: pathlib.Path,
    scratch: pathlib.Path,
    log: RunLog,
    cache: ObservedCache,
    keeps_logs: bool = True,
) -> dict[str, Any]:
    """Runs the pipeline; kfp must be of the known version.

    Args:
      pipeline: the pipeline.
      arguments: its arguments.
      root: directory for the artifacts.
      scratch: directory for temporary files.
      log: log that kfp's output goes through; it is closed.
      cache: cache to use.
      keeps_logs: whether the logs of nodes are there after an error.

    Returns:
      The outputs of the pipeline.

    Raises:
      NodeError: a node failed; the message names it and says why.
    """
    initialize(root, scratch)
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
        place = f" (complete output: {log.log_file(node)})" if keeps_logs else ""
        raise NodeError(
            f"Node {node} failed: {message}{place}", log.last_lines
        ) from error
    finally:
        log.close()


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
