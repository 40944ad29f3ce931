"""Finds out which nodes of a local run would come from the cache, and why others not.

kfp itself walks through the graph, with the cache of the pipeline root, but nodes that
would run yield stand-ins instead. Only nodes that are never cached and have no
artifacts really run, because the other nodes depend on the parameters that they
return.
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from kfp import dsl
from kfp.local import status, task_dispatcher

from pipeline.graph import Node
from pipeline.leftovers import CACHE, damaged_entries
from pipeline.records.changes import explain_changes
from pipeline.records.node_record import (
    NodeRecord,
    artifact_path,
    code_files,
    plain,
    read_record,
)
from pipeline.records.observed_cache import Execution, ObservedCache
from pipeline.records.recording_cache import find_directory, read_last_run

# The path of an artifact that is not there yet, and the value of a parameter.
_TO_COME = "(to come from {})"


@dataclasses.dataclass(frozen=True)
class Forecast:
    """Forecast of what a run would do with a node.

    Attributes:
      node: the node.
      state: "cached", "runs", "always runs", "skipped" or "undecided".
      reasons: why, one part of a sentence each; of a cached node where it comes from.
    """

    node: Node
    state: str
    reasons: tuple[str, ...]


class DryRun(ObservedCache):
    """The cache of a run that does not run.

    It observes what kfp asks for and changes nothing.
    """

    def __init__(self, root: pathlib.Path, nodes: list[Node], scratch: pathlib.Path):
        """Makes the cache.

        Args:
          root: the pipeline root; it need not exist.
          nodes: the nodes of the pipeline.
          scratch: directory for temporary files.
        """
        cache = root / CACHE
        super().__init__(str(cache if cache.is_dir() else scratch / CACHE))
        self._root = root
        self._nodes = {node.component: node for node in nodes}
        self._last = read_last_run(root)
        self._forecasts: dict[str, Forecast] = {}
        self._damaged = {path.stem for path in damaged_entries(root)}
        # Names of the nodes whose outputs are not known yet.
        self._open: set[str] = set()

    def get(self, key: str) -> dict[str, Any] | None:
        """Looks the outputs up; a run removes damaged entries before."""
        if key in self._damaged:
            self.asked(self._current, None)
            return None
        return super().get(key)

    def put(self, key: str, outputs: dict[str, Any]) -> None:
        """Stores nothing."""

    def asked(self, execution: Execution, outputs: dict[str, Any] | None) -> None:
        node = self._nodes[execution.component]
        if outputs is None:
            self._set(node, "runs", *self._explain(node, execution))
            return
        directory = find_directory(self._root, node, execution.key, outputs)
        self._set(node, "cached", *([directory.parent.name] if directory else []))

    def forecasts(self) -> list[Forecast]:
        """Returns what would happen with each node, in the order of the graph."""
        found: dict[str, Forecast] = {}
        for node in self._nodes.values():
            forecast = self._forecasts.get(node.name)
            found[node.name] = forecast or self._of_skipped(node, found)
        return list(found.values())

    def _of_skipped(self, node: Node, before: dict[str, Forecast]) -> Forecast:
        """Says why kfp has skipped a node, perhaps because of a stand-in."""
        parents = [before[name] for name in node.parents]
        open_ends = [
            parent.node.name
            for parent in parents
            if parent.node.name in self._open or parent.state == "undecided"
        ]
        if open_ends:
            return Forecast(node, "undecided", (f"depends on {', '.join(open_ends)}",))
        return Forecast(node, "skipped", ("its condition does not hold",))

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Makes kfp hand out stand-ins instead of running nodes."""
        run = task_dispatcher.run_single_task_implementation

        def stand_in(**task: Any) -> tuple[dict[str, Any], status.Status]:
            return self._run_or_stand_in(run, task)

        task_dispatcher.run_single_task_implementation = stand_in
        try:
            yield
        finally:
            task_dispatcher.run_single_task_implementation = run

    def _run_or_stand_in(
        self, run: Callable, task: dict[str, Any]
    ) -> tuple[dict[str, Any], status.Status]:
        spec, node = task["component_spec"], self._nodes[task["component_name"]]
        inputs, outputs = spec.input_definitions, spec.output_definitions
        if not node.is_cached:
            self._set(node, "always runs")
            if not inputs.artifacts and not outputs.artifacts:
                return run(**task)
        self._open.add(node.name)
        text = _TO_COME.format(node.name)
        made: dict[str, Any] = dict.fromkeys(outputs.parameters, text)
        made |= {name: dsl.Artifact(name=name, uri=text) for name in outputs.artifacts}
        return made, status.Status.SUCCESS

    def _set(self, node: Node, state: str, *reasons: str) -> None:
        self._forecasts[node.name] = Forecast(node, state, reasons)

    def _explain(self, node: Node, execution: Execution) -> list[str]:
        """Compares an execution with the last one of its node."""
        if node.task not in self._last:
            return ["has not run in this pipeline root"]
        place = self._last[node.task]
        last = None if place is None else read_record(self._root / place)
        if last is None:
            return ["its last execution has no record any more"]
        arguments = plain(execution.arguments)
        producers = {_TO_COME.format(n.name): n.name for n in self._nodes.values()}
        for name, parent in self._made_by_others(arguments).items():
            producers.setdefault(name, parent)
        code = code_files(node.function)
        reasons = explain_changes(last.arguments, arguments, last.code, code, producers)
        if last.component != execution.own:
            reasons.append(f"the component or the image of {node.name} changed")
        return reasons or [_what_is_gone(last)]

    def _made_by_others(self, arguments: dict[str, Any]) -> dict[str, str]:
        """Maps paths among the arguments to the nodes in whose directory they are."""
        paths = filter(None, map(artifact_path, arguments.values()))
        by_task = {node.task: node.name for node in self._nodes.values()}
        return {path: by_task.get(pathlib.Path(path).parent.name, "") for path in paths}


def _what_is_gone(last: NodeRecord) -> str:
    """Says why the cache does not have an execution that it would have to know."""
    for value in last.outputs.values():
        path = artifact_path(value)
        if path and "://" not in path and not pathlib.Path(path).exists():
            return f"its output {path} is gone"
    return "its entry in the cache is gone or damaged"
