"""Runs the pipeline on this machine.

    python -m pipeline.local_runner --flagfile=FILE --pipeline_root=DIR

A node whose inputs, configuration and code did not change comes from the cache;
--dry_run says which ones would, and why the others would run.
DIR/report.html is the report, DIR/data.html the page about the data, and DIR/logs/
holds the output of every node. Only one run at a time can use a DIR. When it ends, for
whatever reason, its nodes end too.
"""

import dataclasses
import pathlib
import sys
import time
from collections.abc import Sequence
from typing import Any

from kfp import dsl

from components.configure.run_parameters import to_parameters
from components.files import BLESSING_FILE, DATA_PAGE_FILE
from components.push.executor import find_pushed_version, remove_unfinished
from components.train.checkpoint_root import remove_finished
from pipeline import kfp_version
from pipeline.graph import node_names, nodes_of
from pipeline.leftovers import remove_damaged_entries, scratch_directory
from pipeline.node_processes import CHECKPOINTS, Terminated, nodes_end_on_signals
from pipeline.pipeline import smoothing_pipeline
from pipeline.pipeline_config import PipelineConfig
from pipeline.plain_run import NodeError, run_plainly
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

    push_dir: str | None = setting(
        None,
        "Where models are pushed to, as <push_dir>/<integer version>/; by default"
        " <pipeline_root>/serving.",
        none_name="",
        is_path=True,
    )
    pipeline_root: str = setting(
        None, "Directory for artifacts, cache, logs and the report.", is_path=True
    )
    dry_run: bool = setting(
        False,
        "Only show the graph: which nodes come from the cache, and why others do not.",
    )


def run(config: config_lib.Config, options: LocalRunnerConfig) -> dict[str, Any]:
    """Runs the pipeline and reports on the standard output.

    Args:
      config: the configuration of the run.
      options: where and how to run.

    Returns:
      {"outcomes": node -> "ran", "cached" or "skipped", "seconds": node -> float, both
      empty with another minor version of kfp,
      "metrics": metrics.json, "reasons": those of the blessing, "report": path,
      "data_page": path, "pushed": path or None}.

    Raises:
      BlockingIOError: another run is using the pipeline root.
      NodeError: a node failed; the message names it and says why.
      KeyboardInterrupt: Ctrl-C; the running node was killed.
      Terminated: SIGTERM; the running node was killed.
    """
    root = artifacts.make_directory(options.pipeline_root).resolve()
    options = _with_push_dir(options, root)
    with (
        artifacts.locked(root),
        nodes_end_on_signals(),
        scratch_directory(root) as scratch,
    ):
        return _run_locked(config, options, root, scratch)


def show_forecast(config: config_lib.Config, options: LocalRunnerConfig) -> None:
    """Prints what `run` would do, and does not do it.

    Args:
      config: the configuration of the run.
      options: where and how it would run.

    Raises:
      BlockingIOError: a run is using the pipeline root.
      NodeError: a node that checks the configuration has failed.
      RuntimeError: another minor version of kfp is installed.
    """
    if not kfp_version.is_known():
        raise RuntimeError(
            f"`--dry_run` cannot be used. {kfp_version.describe_unknown()}"
        )
    from pipeline.forecast import forecast, format_forecasts

    root = artifacts.check_directory(options.pipeline_root).resolve()
    arguments = to_parameters(config, _with_push_dir(options, root))
    with nodes_end_on_signals():
        print(
            format_forecasts(
                forecast(smoothing_pipeline(options.image), arguments, root)
            )
        )
    print("Nothing was changed.")


def _with_push_dir(options: LocalRunnerConfig, root: pathlib.Path) -> LocalRunnerConfig:
    push_dir = pathlib.Path(options.push_dir or root / "serving").resolve()
    return dataclasses.replace(options, push_dir=str(push_dir))


def _run_locked(
    config: config_lib.Config,
    options: LocalRunnerConfig,
    root: pathlib.Path,
    scratch: pathlib.Path,
) -> dict[str, Any]:
    push_dir = pathlib.Path(str(options.push_dir))
    remove_unfinished(push_dir)
    for path in remove_damaged_entries(root):
        print(f"Removed the damaged cache entry {path}; its node will run again.")
    pipeline = smoothing_pipeline(options.image)
    arguments = to_parameters(config, options)
    outcomes: dict[str, str] = {}
    seconds: dict[str, float] = {}
    start = time.monotonic()
    if kfp_version.is_known():
        # Other versions lack modules that these import.
        from pipeline.kfp_run import run_pipeline
        from pipeline.records.recording_cache import RecordingCache

        log = RunLog(node_names(pipeline), sys.stdout, root / "logs")
        cache = RecordingCache(root, nodes_of(pipeline))
        outputs = run_pipeline(
            pipeline, arguments, root=root, scratch=scratch, log=log, cache=cache
        )
        outcomes, seconds = log.outcomes, log.seconds
    else:
        print(kfp_version.describe_unknown(), file=sys.stderr)
        outputs = run_plainly(pipeline, arguments, root=root, scratch=scratch)
    # All nodes have succeeded, and nobody else uses this root.
    remove_finished(root / CHECKPOINTS, older_than=0.0)
    data_page = _publish(outputs["data_page"], root / DATA_PAGE_FILE)
    report = _publish(outputs["report"], root / REPORT_FILE)
    evaluation = pathlib.Path(outputs["evaluation"].path)
    metrics = artifacts.read_json(evaluation / METRICS_FILE)
    blessing = artifacts.read_json(evaluation / BLESSING_FILE)
    pushed = None
    if outputs["blessed"] == "true":
        pushed = find_pushed_version(outputs["saved_model"].path, push_dir)
    result = {
        "outcomes": outcomes,
        "seconds": seconds,
        "metrics": metrics,
        "reasons": blessing["reasons"],
        "report": report,
        "data_page": data_page,
        "pushed": pushed,
    }
    _print_summary(result, time.monotonic() - start)
    return result


def _publish(page: dsl.HTML, path: pathlib.Path) -> pathlib.Path:
    artifacts.write_text(path, pathlib.Path(page.path).read_text())
    return path


def _print_summary(result: dict[str, Any], seconds: float) -> None:
    ran = [f"{node} ({s:.1f} s)" for node, s in result["seconds"].items()]
    cached = [n for n, outcome in result["outcomes"].items() if outcome == "cached"]
    print(f"\nFinished in {seconds:.1f} s.")
    if result["outcomes"]:  # Unknown with another version of kfp.
        print(f"  ran:        {', '.join(ran) or 'nothing'}")
        print(f"  from cache: {', '.join(cached) or 'nothing'}")
    for line in headline(result["metrics"]).splitlines():
        print(f"  likelihood: {line}")
    for reason in result["reasons"]:
        print(f"  blessing:   {reason}")
    print(f"  data:       {result['data_page']}")
    print(f"  report:     {result['report']}")
    print(f"  pushed:     {result['pushed'] or 'no, the model is not blessed'}")


def main(argv: Sequence[str]) -> None:
    """Runs the command line on `argv`, without the program's name."""
    config, options = config_lib.parse(argv, LocalRunnerConfig, usage=__doc__)
    try:
        (show_forecast if options.dry_run else run)(config, options)
    except NodeError as error:
        sys.exit("\n    ".join([f"error: {error}", *error.last_lines]))
    except Terminated:
        print(f"Terminated. {_RESUME}", file=sys.stderr)
        raise


if __name__ == "__main__":
    command_line.run(main, _RESUME)
