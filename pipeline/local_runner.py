"""Runs the pipeline on this machine.

    python -m pipeline.local_runner --flagfile=FILE --pipeline_root=DIR

A node whose inputs, configuration and code did not change comes from the cache.
DIR/report.html is the report, DIR/data.html the page about the data, and DIR/logs/
holds the output of every node. Only one run at a time can use a DIR. When it ends, for
whatever reason, its nodes end too.
"""

import contextlib
import dataclasses
import logging
import pathlib
import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any

from kfp import dsl, local

from components.configure.run_parameters import to_parameters
from components.files import DATA_PAGE_FILE
from components.push.executor import find_pushed_version, remove_unfinished
from components.train.checkpoint_root import remove_finished
from pipeline.leftovers import remove_damaged_entries, scratch_directory
from pipeline.node_processes import (
    CHECKPOINTS,
    Terminated,
    node_environment,
    nodes_end_on_signals,
)
from pipeline.pipeline import smoothing_pipeline
from pipeline.pipeline_config import PipelineConfig
from pipeline.run_log import RunLog
from smoothing_tf import artifacts, command_line
from smoothing_tf import config as config_lib
from smoothing_tf.evaluation.headline import headline
from smoothing_tf.evaluation.names import METRICS_FILE, REPORT_FILE
from smoothing_tf.settings import setting

_RESUME = (
    "Run the same command to continue: finished nodes are kept, an interrupted training"
    " resumes from its last checkpoint, any other node starts over."
)


@dataclasses.dataclass(frozen=True)
class LocalRunnerConfig(PipelineConfig):
    """Settings of a local run."""

    pipeline_root: str = setting(
        None, "Directory for artifacts, cache, logs and the report.", is_path=True
    )


class NodeError(RuntimeError):
    """A node of the pipeline failed."""


def run(config: config_lib.Config, options: LocalRunnerConfig) -> dict[str, Any]:
    """Runs the pipeline and reports on the standard output.

    Args:
      config: the configuration of the run.
      options: where and how to run.

    Returns:
      {"outcomes": node -> "ran", "cached" or "skipped", "seconds": node -> float,
      "metrics": metrics.json, "report": path, "data_page": path, "pushed": path or
      None}.

    Raises:
      BlockingIOError: another run is using the pipeline root.
      NodeError: a node failed; the message names it and says why.
      KeyboardInterrupt: Ctrl-C; the running node was killed.
      Terminated: SIGTERM; the running node was killed.
    """
    root = artifacts.make_directory(options.pipeline_root).resolve()
    push_dir = pathlib.Path(options.push_dir or root / "serving").resolve()
    options = dataclasses.replace(options, push_dir=str(push_dir))
    with (
        artifacts.locked(root),
        nodes_end_on_signals(),
        scratch_directory(root) as scratch,
    ):
        return _run_locked(config, options, root, push_dir, scratch)


def _run_locked(
    config: config_lib.Config,
    options: LocalRunnerConfig,
    root: pathlib.Path,
    push_dir: pathlib.Path,
    scratch: pathlib.Path,
) -> dict[str, Any]:
    remove_unfinished(push_dir)
    for path in remove_damaged_entries(root):
        print(f"Removed the damaged cache entry {path}; its node will run again.")
    pipeline = smoothing_pipeline(options.image)
    log = RunLog(_node_names(pipeline), sys.stdout, root / "logs")
    start = time.monotonic()
    outputs = _run_quietly(pipeline, to_parameters(config, options), scratch, log)
    # All nodes have succeeded, and nobody else uses this root.
    remove_finished(root / CHECKPOINTS, older_than=0.0)
    data_page = _publish(outputs["data_page"], root / DATA_PAGE_FILE)
    report = _publish(outputs["report"], root / REPORT_FILE)
    metrics = artifacts.read_json(
        pathlib.Path(outputs["evaluation"].path) / METRICS_FILE
    )
    pushed = None
    if outputs["blessed"] == "true":
        pushed = find_pushed_version(outputs["saved_model"].path, push_dir)
    result = {
        "outcomes": log.outcomes,
        "seconds": log.seconds,
        "metrics": metrics,
        "report": report,
        "data_page": data_page,
        "pushed": pushed,
    }
    _print_summary(result, time.monotonic() - start)
    return result


def _run_quietly(
    pipeline: dsl.base_component.BaseComponent,
    arguments: dict[str, Any],
    scratch: pathlib.Path,
    log: RunLog,
) -> dict[str, Any]:
    """Runs the pipeline with kfp's output going through `log`."""
    local.init(
        local.SubprocessRunner(use_venv=False),
        pipeline_root=str(scratch.parent),
        workspace_root=str(scratch / "workspace"),
        enable_caching=True,
        raise_on_error=True,
    )
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addFilter(log)
    try:
        with (
            node_environment(scratch),
            warnings.catch_warnings(),
            contextlib.redirect_stdout(log),
        ):
            # The names that nodes show on a cluster mean nothing to kfp.local, nor
            # does the image; it warns of both for every node.
            warnings.filterwarnings("ignore", message=".*display_name")
            warnings.filterwarnings("ignore", message=".*base image")
            return pipeline(**arguments).outputs
    except RuntimeError as error:
        if log.error is None:
            raise
        node, message = log.error
        raise NodeError(
            f"Node {node} failed: {message} (complete output: {log.log_file(node)})"
        ) from error
    finally:
        log.close()
        logger.removeFilter(log)
        logger.setLevel(level)


def _node_names(pipeline: dsl.base_component.BaseComponent) -> dict[str, str]:
    """Maps kfp's names of tasks and components to the names that nodes show."""
    spec = pipeline.pipeline_spec
    names = {}
    for dag in (spec.root.dag, *(c.dag for c in spec.components.values())):
        for task_name, task in dag.tasks.items():
            component = task.component_ref.name
            # A conditional group is named after its content.
            inner = spec.components[component].dag.tasks.values()
            name = ", ".join(t.task_info.name for t in inner) or task.task_info.name
            names[task_name] = names[component.removeprefix("comp-")] = name
    return names


def _publish(page: dsl.HTML, path: pathlib.Path) -> pathlib.Path:
    artifacts.write_text(path, pathlib.Path(page.path).read_text())
    return path


def _print_summary(result: dict[str, Any], seconds: float) -> None:
    ran = [f"{node} ({s:.1f} s)" for node, s in result["seconds"].items()]
    cached = [n for n, outcome in result["outcomes"].items() if outcome == "cached"]
    print(f"\nFinished in {seconds:.1f} s.")
    print(f"  ran:        {', '.join(ran) or 'nothing'}")
    print(f"  from cache: {', '.join(cached) or 'nothing'}")
    for line in headline(result["metrics"]).splitlines():
        print(f"  likelihood: {line}")
    print(f"  data:       {result['data_page']}")
    print(f"  report:     {result['report']}")
    print(f"  pushed:     {result['pushed'] or 'no, the model is not blessed'}")


def main(argv: Sequence[str]) -> None:
    """Runs the command line on `argv`, without the program's name."""
    config, options = config_lib.parse(argv, LocalRunnerConfig, usage=__doc__)
    try:
        run(config, options)
    except NodeError as error:
        sys.exit(f"error: {error}")
    except Terminated:
        print(f"Terminated. {_RESUME}", file=sys.stderr)
        raise


if __name__ == "__main__":
    command_line.run(main, _RESUME)
