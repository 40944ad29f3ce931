"""Shows what a local run would do, without running it."""

import contextlib
import io
import pathlib
import tempfile
from typing import Any

from kfp import dsl

from pipeline.graph import node_names, nodes_of
from pipeline.kfp_run import run_pipeline
from pipeline.records.dry_run import DryRun, Forecast
from pipeline.run_log import RunLog
from smoothing_tf import artifacts

_TITLES = ("node", "waits for", "state", "why")


def forecast(
    pipeline: dsl.base_component.BaseComponent,
    arguments: dict[str, Any],
    root: pathlib.Path,
) -> list[Forecast]:
    """Finds out what a run would do. Nothing below the pipeline root changes.

    Args:
      pipeline: the pipeline.
      arguments: its arguments.
      root: the pipeline root, which need not exist.

    Raises:
      BlockingIOError: a run is using the pipeline root.
      NodeError: a node that checks the arguments, and really runs, has failed.
    """
    names = node_names(pipeline)
    with contextlib.ExitStack() as stack:
        if root.is_dir():
            stack.enter_context(artifacts.locked(root))
        place = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        scratch = place / "scratch"
        scratch.mkdir()
        dry_run = DryRun(root, nodes_of(pipeline), scratch)
        stack.enter_context(dry_run.in_use())
        run_pipeline(
            pipeline,
            arguments,
            root=place,
            scratch=scratch,
            log=RunLog(names, io.StringIO(), scratch / "logs"),
            cache=dry_run,
            keeps_logs=False,
        )
        return dry_run.forecasts()


def format_forecasts(forecasts: list[Forecast]) -> str:
    """Makes a table with one line per node, in the order of the graph.

    A node that others wait for in between is left out of what a node waits for.
    """
    rows = [_TITLES]
    ancestors: dict[str, set[str]] = {}
    for each in forecasts:
        earlier = {n for parent in each.node.parents for n in ancestors[parent]}
        ancestors[each.node.name] = earlier.union(each.node.parents)
        nearest = [name for name in each.node.parents if name not in earlier]
        parents = ", ".join(nearest) or "-"
        rows.append((each.node.name, parents, each.state, "; ".join(each.reasons)))
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join(lines)
