"""Removes what killed runs leave in a pipeline root.

The caller holds the root's lock. Each run has a directory for the temporary files of
the runner and its nodes, and removes it when it ends. A run that finds one therefore
knows that the previous run was killed, and a file in it tells when that run started.
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

SCRATCH = ".run.tmp"
CACHE = ".kfp_cache"
_STARTED = "started"
# kfp's names for the directory of a run, and for the file that it writes next to a
# node's artifacts when the node has finished.
_TIME = "%Y-%m-%d-%H-%M-%S-%f"
_RUN = re.compile(r"smoothing-(\d{4}(?:-\d\d){5}-\d{6})")
_DONE = "executor_output.json"
# Names that `artifacts` and kfp's cache give to unfinished files and directories.
_TEMPORARY = re.compile(r"\..+\.tmp-\w{8}(\.[\w-]+)?|\.kfp_cache_.+\.tmp")


@contextlib.contextmanager
def scratch_directory(root: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields a directory for temporary files, which is removed when the run ends.

    First removes what a killed run left: its temporary files and the directories of
    nodes that it did not finish. An interrupted run removes its own. The artifacts of
    finished nodes are kept, and so are the files of a node that failed.

    Args:
      root: the pipeline root.
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
    """Removes the `damaged_entries` of kfp's cache, and returns their paths."""
    damaged = damaged_entries(root)
    for path in damaged:
        path.unlink()
    return damaged


def damaged_entries(root: pathlib.Path) -> list[pathlib.Path]:
    """Finds damaged entries of kfp's cache.

    An entry is one JSON object, output -> value. kfp 2.17 skips truncated entries, but
    accepts an empty object as the outputs of a node and fails on other JSON values and
    on bytes that are not text. It checks only that the paths of artifacts exist, so an
    empty directory would count as an artifact.
    """
    damaged = []
    for path in sorted((root / CACHE).glob("*.json")):
        try:
            sound = _is_entry(json.loads(path.read_text("utf-8")))
        except ValueError:
            sound = False
        if not sound:
            damaged.append(path)
    return damaged


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
    """Finds when a run started; infinity if it was killed before it noted the time."""
    path = scratch / _STARTED
    return path.read_text().strip() if path.exists() else "9"


def _runs(root: pathlib.Path) -> dict[pathlib.Path, str]:
    """Maps the directory of each run to the time when it started."""
    matches = {path: _RUN.fullmatch(path.name) for path in root.iterdir()}
    return {path: match[1] for path, match in matches.items() if match}


def _remove_unfinished_nodes(root: pathlib.Path, started: str) -> None:
    """Removes unfinished nodes of the last run, which started at that time."""
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
            path.unlink(missing_ok=True)  # Its directory may already be gone.
