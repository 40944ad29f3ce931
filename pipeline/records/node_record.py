"""Files that record a local run's nodes: what each was given and what it made.

record.json in the directory of the node holds it, next to the artifacts.
`<pipeline_root>/last_run.json` says which record was the last one of each node.
"""

import dataclasses
import hashlib
import pathlib
from collections.abc import Mapping
from typing import Any

from kfp import dsl

from smoothing_tf import artifacts
from smoothing_tf.checkout import ROOT
from smoothing_tf.code_digest import source_files

RECORD_FILE = "record.json"
LAST_RUN_FILE = "last_run.json"
_ARTIFACT = "artifact"
# The pattern of the directories of runs in a pipeline root.
RUNS = "smoothing-*"


@dataclasses.dataclass(frozen=True)
class NodeRecord:
    """One execution of a node.

    Attributes:
      node: name that the node shows.
      task: name of its directory in the directory of the run.
      key: key of the execution in kfp's cache.
      finished: when it finished, local time, ISO 8601.
      component: digest of the component's own image, command and source.
      arguments: input -> value; {"artifact": path} of an artifact.
      outputs: likewise.
      code: file of the code, relative to the checkout -> its SHA-256.
    """

    node: str
    task: str
    key: str
    finished: str
    component: str
    arguments: Mapping[str, Any]
    outputs: Mapping[str, Any]
    code: Mapping[str, str]

    def write(self, directory: pathlib.Path) -> None:
        """Writes the record into the node's directory."""
        artifacts.write_json(directory / RECORD_FILE, dataclasses.asdict(self))


def read_record(directory: pathlib.Path) -> NodeRecord | None:
    """Reads the record of a node's directory; None if there is none that is whole."""
    try:
        return NodeRecord(**artifacts.read_json(directory / RECORD_FILE))
    except (OSError, ValueError, TypeError):
        return None


def all_records(root: pathlib.Path) -> dict[pathlib.Path, NodeRecord]:
    """Reads all records below a pipeline root; directory -> record, newest first."""
    paths = sorted(root.glob(f"{RUNS}/*/{RECORD_FILE}"), reverse=True)
    found = {path.parent: read_record(path.parent) for path in paths}
    return {path: record for path, record in found.items() if record is not None}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turns inputs or outputs of a node into JSON, in the order of their names."""
    # kfp keeps them in no particular order.
    return {name: _plain(values[name]) for name in sorted(values)}


def artifact_path(value: Any) -> str | None:
    """The path of an artifact in a record, or None of another value."""
    is_artifact = isinstance(value, dict) and set(value) == {_ARTIFACT}
    return value[_ARTIFACT] if is_artifact else None


def code_files(function: str) -> dict[str, str]:
    """Finds the code that a component runs, as file -> SHA-256.

    Args:
      function: name of the component's folder. One without an executor has no code of
        ours beyond its own source.
    """
    try:
        files = source_files(f"components.{function}.executor")
    except ModuleNotFoundError:
        return {}
    return {path.relative_to(ROOT).as_posix(): file_digest(path) for path in files}


def file_digest(path: pathlib.Path) -> str:
    """Computes the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dsl.Artifact):
        return {_ARTIFACT: value.uri}
    if isinstance(value, dict):
        return plain(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
