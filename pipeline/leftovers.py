"""What a killed run leaves in a pipeline root, and its removal.

All of it happens while the root is locked. Every run has a directory for temporary
files, the nodes' included. A run that ends by itself removes that directory, so the one
that finds it knows that the run before it was killed, and since when it had run.
"""

import contextlib
import datetime
import json
import pathlib
import re
import shutil
from collections.abc import Iterator
from typing import Any

from smoothing_tf import artifacts

SCRATCH = ".tmp"
CACHE = ".kfp_cache"
_STARTED = "started"
# kfp's names: of the directory of a run, and of the file that it writes once a node is
# done, beside the node's artifacts.
_TIME = "%Y-%m-%d-%H-%M-%S-%f"
_RUN = re.compile(r"smoothing-(\d{4}(?:-\d\d){5}-\d{6})")
_DONE = "executor_output.json"
# Names of unfinished files and directories: of `artifacts`, and of kfp's cache.
_TEMPORARY = re.compile(r"\..+\.tmp-\w{8}(\.[\w-]+)?|\.kfp_cache_.+\.tmp")


@contextlib.contextmanager
def scratch_directory(root: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields the run's directory for temporary files, which ends with the run.

    Before that, and again when the run is interrupted, whatever a killed run left is
    removed: its temporary files, and the directories of the nodes that it did not
    finish. Artifacts of finished nodes stay, and so does what a failed node wrote.

    Args:
      root: the pipeline root, locked.
    """
    scratch = root / SCRATCH
    if scratch.exists():
        _remove_unfinished_nodes(root, _start_of(scratch))
    _remove_temporary_files(root)
    scratch.mkdir()
    artifacts.write_text(
        scratch / _STARTED, datetime.datetime.now().strftime(_TIME) + "\n"
    )
    try:
        yield scratch
    except (KeyboardInterrupt, SystemExit):
        _remove_unfinished_nodes(root, _start_of(scratch))
        raise
    finally:
        _remove_temporary_files(root)


def remove_damaged_entries(root: pathlib.Path) -> list[pathlib.Path]:
    """Removes what kfp would take from its cache, or fail on, though it is damaged.

    An entry is one JSON object, output -> value; kfp 2.17 itself passes over one that
    is cut short, takes an empty object for the outputs of a node, and fails on other
    JSON and on bytes that are not text. Of artifacts it asks only that their paths
    exist; an empty directory is what is left of a removed one.

    Returns:
      The removed files.
    """
    removed = []
    for path in sorted((root / CACHE).glob("*.json")):
        try:
            sound = _is_entry(json.loads(path.read_text("utf-8")))
        except ValueError:
            sound = False
        if not sound:
            path.unlink()
            removed.append(path)
    return removed


def _is_entry(value: Any) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    return all(
        _is_artifact(output) if isinstance(output, dict) else output is not None
        for output in value.values()
    )


def _is_artifact(output: dict) -> bool:
    uri = output.get("uri")
    if output.get("__kfp_artifact__") is not True or not isinstance(uri, str):
        return False
    path = pathlib.Path(uri)
    is_empty = path.is_dir() and not any(path.iterdir())
    return bool(uri) and not is_empty and isinstance(output.get("metadata"), dict)


def _start_of(scratch: pathlib.Path) -> str:
    """When a run began; of one that was killed before it wrote that, never."""
    path = scratch / _STARTED
    return path.read_text().strip() if path.exists() else "9"


def _runs(root: pathlib.Path) -> dict[pathlib.Path, str]:
    """The directory of every run -> when it began."""
    matches = {path: _RUN.fullmatch(path.name) for path in root.iterdir()}
    return {path: match[1] for path, match in matches.items() if match}


def _remove_unfinished_nodes(root: pathlib.Path, started: str) -> None:
    """Removes what the run that `started` then has of nodes that are not done."""
    for run, time in _runs(root).items():
        if time < started:
            continue
        for node in [path for path in run.iterdir() if path.is_dir()]:
            if not _is_done(node):
                shutil.rmtree(node)
        if not any(run.iterdir()):
            run.rmdir()


def _is_done(node: pathlib.Path) -> bool:
    try:
        return isinstance(json.loads((node / _DONE).read_text("utf-8")), dict)
    except (FileNotFoundError, ValueError):
        return False


def _remove_temporary_files(root: pathlib.Path) -> None:
    shutil.rmtree(root / SCRATCH, ignore_errors=True)
    paths = [*root.glob("*"), *(root / CACHE).glob("*")]
    paths += [path for run in _runs(root) for path in run.rglob("*")]
    for path in [path for path in paths if _TEMPORARY.fullmatch(path.name)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # It may have been in one that is gone.
