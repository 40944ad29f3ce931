"""Finds the record of an artifact, and the records of what it was made of."""

import dataclasses
import filecmp
import pathlib
from collections.abc import Mapping

from pipeline.records.node_record import (
    LAST_RUN_FILE,
    NodeRecord,
    artifact_path,
)

Records = Mapping[pathlib.Path, NodeRecord]


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where an artifact comes from.

    Attributes:
      directory: directory of the node that made it.
      output: name of the output, or None of the node's directory itself.
      record: the record of the node.
    """

    directory: pathlib.Path
    output: str | None
    record: NodeRecord


def find_root(path: pathlib.Path) -> pathlib.Path | None:
    """Finds the pipeline root that a path is in; None if it is in none."""
    for parent in (path, *path.parents):
        if (parent / LAST_RUN_FILE).is_file():
            return parent
    return None


def find_origin(path: pathlib.Path, records: Records) -> Origin | None:
    """Finds out which node made a path; None if no record says so.

    Args:
      path: an artifact, a file or a directory in one, the directory of a node, or a
        copy of a file that is an artifact.
      records: directory of a node -> its record, newest first.
    """
    for directory, record in records.items():
        for output, made in _artifacts(record.outputs):
            if path.is_relative_to(made):
                return Origin(directory, output, record)
        if path.is_relative_to(directory):
            return Origin(directory, None, record)
    for directory, record in records.items():
        for output, made in _artifacts(record.outputs):
            # The pages in the pipeline root are copies of the last run's.
            is_copy = path.is_file() and made.is_file()
            if is_copy and filecmp.cmp(path, made, shallow=False):
                return Origin(directory, output, record)
    return None


def find_ancestors(origin: Origin, records: Records) -> list[Origin]:
    """Finds the nodes that made what a node was given, and so on.

    Returns:
      Every node once, those that are closer first, in the order of its inputs.
    """
    found: dict[pathlib.Path, Origin] = {origin.directory: origin}
    waiting = [origin]
    while waiting:
        for _, path in _artifacts(waiting.pop(0).record.arguments):
            parent = find_origin(path, records)
            if parent is not None and parent.directory not in found:
                found[parent.directory] = parent
                waiting.append(parent)
    return list(found.values())[1:]


def _artifacts(values: Mapping) -> list[tuple[str, pathlib.Path]]:
    """Lists (name, path) of the artifacts among the values of a record."""
    paths = {name: artifact_path(value) for name, value in values.items()}
    return [(name, pathlib.Path(path)) for name, path in paths.items() if path]
