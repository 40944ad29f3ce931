"""Writes down what each node of a local run was given and what it made."""

import datetime
import pathlib
from typing import Any

from pipeline.graph import Node
from pipeline.leftovers import CACHE
from pipeline.records.node_record import (
    LAST_RUN_FILE,
    RECORD_FILE,
    RUNS,
    NodeRecord,
    code_files,
    plain,
    read_record,
)
from pipeline.records.observed_cache import Execution, ObservedCache
from smoothing_tf import artifacts


class RecordingCache(ObservedCache):
    """The cache of a real run.

    A node's record is written when the node has finished, before the cache knows of
    it: whatever comes from the cache has a record, unless an earlier version made it.
    """

    def __init__(self, root: pathlib.Path, nodes: list[Node]):
        """Makes the cache of a pipeline root.

        Args:
          root: the pipeline root, which the caller has locked.
          nodes: the nodes of the pipeline.
        """
        super().__init__(str(root / CACHE))
        self._root = root
        self._nodes = {node.component: node for node in nodes}
        self._last = read_last_run(root)

    def asked(self, execution: Execution, outputs: dict[str, Any] | None) -> None:
        if outputs is not None:
            node = self._nodes[execution.component]
            directory = find_directory(self._root, node, execution.key, outputs)
            self._remember(node, directory)

    def finished(self, execution: Execution, outputs: dict[str, Any]) -> None:
        node = self._nodes[execution.component]
        # Names of runs are times, and nobody else starts one in a locked root.
        directory = max(self._root.glob(f"{RUNS}/{node.task}"))
        NodeRecord(
            node=node.name,
            task=node.task,
            key=execution.key,
            finished=datetime.datetime.now().isoformat(" ", "seconds"),
            component=execution.own,
            arguments=plain(execution.arguments),
            outputs=plain(outputs),
            code=code_files(node.function),
        ).write(directory)
        self._remember(node, directory)

    def _remember(self, node: Node, directory: pathlib.Path | None) -> None:
        """Notes which record a node's state in this run has; None for none."""
        path = None if directory is None else directory.relative_to(self._root)
        self._last[node.task] = None if path is None else path.as_posix()
        artifacts.write_json(self._root / LAST_RUN_FILE, self._last)


def read_last_run(root: pathlib.Path) -> dict[str, str | None]:
    """Reads, for each task, which directory the last run has used or made.

    Returns:
      Task -> directory relative to the pipeline root, or None if it has no record.
    """
    try:
        last = artifacts.read_json(root / LAST_RUN_FILE)
    except (OSError, ValueError):
        return {}
    return last if isinstance(last, dict) else {}


def find_directory(
    root: pathlib.Path, node: Node, key: str, outputs: dict[str, Any]
) -> pathlib.Path | None:
    """Finds the directory in which a node made outputs that the cache knows.

    Returns:
      The directory whose record has the key; None if there is none.
    """
    uris = [getattr(value, "uri", None) for value in outputs.values()]
    # Next to its artifacts; what push makes is elsewhere.
    candidates = [pathlib.Path(uri).parent for uri in uris if uri]
    candidates += sorted(root.glob(f"{RUNS}/{node.task}"), reverse=True)
    for directory in dict.fromkeys(candidates):
        is_ours = directory.is_relative_to(root) and (directory / RECORD_FILE).exists()
        record = read_record(directory) if is_ours else None
        if record is not None and record.key == key:
            return directory
    return None
