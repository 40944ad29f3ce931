"""On-disk layouts, and writing that is all or nothing."""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from smoothing_tf.locks import is_locked, locked  # noqa: F401

# A working directory holds one directory per trained stage beside the resolved
# configuration, which `sample`, `evaluate` and `export` read.
STAGES = ("smoothed", "reverse", "baseline")
FLAGS_FILE = "flags.cfg"

Path = str | os.PathLike

# Only setting it tells what it is; here no other thread writes files yet.
_UMASK = os.umask(0)
os.umask(_UMASK)


def check_directory(path: Path) -> pathlib.Path:
    """Checks, before any work is done, that `path` can be a directory.

    Raises:
      NotADirectoryError: `path` or one of its parents is a regular file.
    """
    path = pathlib.Path(path)
    for part in (path, *path.parents):
        if part.exists() and not part.is_dir():
            place = "is a file" if part == path else f"lies below the file {part}"
            raise NotADirectoryError(
                f"The output path {path} {place}; name a directory."
            )
    return path


def make_directory(path: Path) -> pathlib.Path:
    """Creates a directory and its parents.

    Raises:
      NotADirectoryError: `path` or one of its parents is a regular file.
    """
    path = check_directory(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[pathlib.Path]:
    """Yields a temporary path that takes the place of `path` on success.

    A reader sees the old file or the complete new one, never a part; an
    exception leaves nothing behind.
    """
    path = pathlib.Path(path)
    make_directory(path.parent)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem}.tmp-", suffix=path.suffix
    )
    os.close(handle)
    temporary = pathlib.Path(name)
    try:
        yield temporary
        # mkstemp makes files private; an artifact is as readable as any other.
        temporary.chmod(0o666 & ~_UMASK)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_directory(path: Path) -> Iterator[pathlib.Path]:
    """Yields a temporary directory that becomes `path` on success.

    Raises:
      FileExistsError: `path` exists and is not an empty directory.
    """
    path = pathlib.Path(path)
    make_directory(path.parent)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(
            f"The output directory {path} already exists; remove it or name another."
        )
    temporary = pathlib.Path(
        tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.tmp-")
    )
    try:
        yield temporary
        temporary.chmod(0o777 & ~_UMASK)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(path: Path) -> None:
    """Removes what killed processes left of `atomic_file` and `atomic_directory`.

    Call it only where no other process can be writing `path`.
    """
    path = pathlib.Path(path)
    # Eight characters are what tempfile adds. A directory's whole name comes first.
    patterns = {
        f".{path.stem}.tmp-{'?' * 8}{path.suffix}",
        f".{path.name}.tmp-????????",
    }
    for pattern in patterns:
        for leftover in path.parent.glob(pattern):
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text)


def write_json(path: Path, value: Any) -> None:
    """Writes JSON atomically.

    Raises:
      ValueError: a number is NaN or infinite; write null and a reason instead.
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Reads a JSON file."""
    return json.loads(pathlib.Path(path).read_text())


def read_npz(path: Path, flag: str, hint: str = "") -> dict[str, np.ndarray]:
    """Reads the arrays of a file that a user has named.

    Args:
      path: of the file.
      flag: that names it, for the errors.
      hint: a sentence that ends them.

    Raises:
      FileNotFoundError: no such file.
      ValueError: it is no .npz file of numbers.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No file {path}; --{flag} names a .npz file.")
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except Exception as error:
        # numpy has many ways to fail on a file that is something else.
        raise ValueError(
            f"`--{flag}` must be a readable .npz file of numbers; got {path}.{hint}"
        ) from error
