"""Writes down what each node of a local run was given and what it made."""

import datetime
import pathlib
import sys
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
from smoothing_tf.os_errors import message_of_os_error


class RecordingCache(ObservedCache):
    """The cache of a real run.

    A node's record is written when the node has finished, before the cache knows of
    it: whatever comes from the cache has a record, unless an earlier version made it
    or the record could not be written, as a line on stderr said then.
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
        directory = next(
            each for each in _candidates(self._root, node, outputs) if each.is_dir()
        )
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

    def not_recorded(self, execution: Execution, error: Exception) -> None:
        if isinstance(error, OSError):
            reason = message_of_os_error(error)
        else:
            reason = repr(error)
        print(
            f"{self._nodes[execution.component].name}: its record could not be written,"
            f" and pipeline.lineage will not know it: {reason}",
            file=sys.stderr,
        )

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
    for directory in _candidates(root, node, outputs):
        has_record = (directory / RECORD_FILE).exists()
        record = read_record(directory) if has_record else None
        if record is not None and record.key == key:
            return directory
    return None


def _candidates(
    root: pathlib.Path, node: Node, outputs: dict[str, Any]
) -> list[pathlib.Path]:
    """Lists directories in which a node may have made outputs, likeliest first."""
    uris = [getattr(value, "uri", None) for value in outputs.values()]
    parents = [pathlib.Path(uri).parent for uri in uris if uri]
    # Next to its artifacts; only what push makes is elsewhere.
    directories = [
        path
        for path in parents
        if path.parent.parent == root and path.match(f"{RUNS}/{node.task}")
    ]
    # Names of runs are times.
    directories += sorted(root.glob(f"{RUNS}/{node.task}"), reverse=True)
    return list(dict.fromkeys(directories))
