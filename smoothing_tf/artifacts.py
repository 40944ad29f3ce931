"""Names and layouts of files, and atomic writing."""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import stat
from collections.abc import Iterator
from typing import Any

import numpy as np

from smoothing_tf.locks import is_locked, locked  # noqa: F401
from smoothing_tf.os_errors import naming

# A working directory holds one directory per trained stage and the resolved
# configuration, which `sample`, `evaluate` and `export` read.
FLAGS_FILE = "flags.cfg"
# Arrays of samples that a node or an evaluation writes.
SAMPLES_FILE = "samples.npz"
# The file by which TensorFlow knows a SavedModel.
SAVED_MODEL_FILE = "saved_model.pb"

Path = str | os.PathLike

# The first bytes of a .npz file, which is a zip archive, and of a .npy file.
_ZIP_START = b"PK"
_NPY_START = b"\x93NUMPY"


def check_path(name: str, path: Path) -> None:
    """Checks that an argument names a directory or a file.

    Raises:
      TypeError: it is no path.
      ValueError: it is empty.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"`{name}` must be a path, a string or `pathlib.Path`; got {path!r}."
        )
    if not os.fspath(path):
        raise ValueError(f"`{name}` must name a directory; got an empty path.")


def check_directory(path: Path) -> pathlib.Path:
    """Checks, before any work is done, that `path` can be a directory.

    Raises:
      NotADirectoryError: `path` or one of its parents is a regular file.
    """
    path = pathlib.Path(path)
    for part in (path, *path.parents):
        if part.exists() and not part.is_dir():
            place = "is a file" if part == path else f"is below the file {part}"
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
    temporary = path.with_name(_temporary_file(path, secrets.token_hex(4)))
    with naming(path, temporary):
        # As readable as any other file of the user: the umask applies.
        temporary.touch(mode=0o666, exist_ok=False)
        try:
            yield temporary
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
    temporary = path.with_name(_temporary_directory(path, secrets.token_hex(4)))
    with naming(path, temporary):
        temporary.mkdir()
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(path: Path) -> None:
    """Removes what killed processes left of `atomic_file` and `atomic_directory`.

    Call it only where no other process can be writing `path`.
    """
    path = pathlib.Path(path)
    # Any eight characters: earlier versions drew them from more than hexadecimal ones.
    for pattern in {
        _temporary_file(path, "?" * 8),
        _temporary_directory(path, "?" * 8),
    }:
        for leftover in path.parent.glob(pattern):
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)


def _temporary_file(path: pathlib.Path, tag: str) -> str:
    return f".{path.stem}.tmp-{tag}{path.suffix}"


def _temporary_directory(path: pathlib.Path, tag: str) -> str:
    return f".{path.name}.tmp-{tag}"


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes JSON atomically.

    Raises:
      ValueError: a number is NaN or infinite; write null and a reason instead.
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_bytes(path: Path, limit: int | None = None) -> bytes:
    """Reads a regular file; rejects a pipe, which may never end.

    Args:
      path: path of the file.
      limit: the largest valid size of such a file, in bytes; None for any.

    Raises:
      OSError: the file does not exist or is not a regular file.
      ValueError: it is larger than `limit`.
    """

    def open_at_once(path: str, flags: int) -> int:
        # Otherwise a named pipe without a writer would block.
        return os.open(path, flags | os.O_NONBLOCK)

    with naming(path), open(path, "rb", opener=open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is a pipe or a device; name a regular file.")
        if limit is not None and status.st_size > limit:
            raise ValueError(
                f"{path} has {status.st_size} bytes, more than the {limit} that such a"
                " file may have; name another file."
            )
        return file.read()


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
      OSError: the file does not exist or cannot be read.
      ValueError: it does not hold JSON.
    """
    try:
        return json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        # json.loads raises several kinds of ValueError, about the text or its encoding.
        raise ValueError(
            f"{path} does not hold JSON ({error}). It is truncated or damaged:"
            " restore it from a copy, or remove it and rerun the command that wrote it."
        ) from error


def read_npz(path: Path, flag: str, hint: str = "") -> dict[str, np.ndarray]:
    """Reads the arrays of a file that a user has named.

    Args:
      path: path of the file.
      flag: name of the flag that names it, for error messages.
      hint: last sentence of the error messages.

    Raises:
      FileNotFoundError: the file does not exist.
      ValueError: it is not a .npz file of numbers.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        problem = "is not a regular file" if path.exists() else "does not exist"
        raise FileNotFoundError(f"`--{flag}` must name a .npz file; {path} {problem}.")
    try:
        return _read_arrays(path)
    except ValueError as error:
        raise ValueError(
            f"`--{flag}` must be a readable .npz file of numbers; got {path}: {error}."
            f"{hint}"
        ) from error


def read_kept_npz(path: Path) -> dict[str, np.ndarray]:
    """Reads the arrays of a file that a command of this library has written.

    Raises:
      FileNotFoundError: the file does not exist.
      ValueError: it is cut or damaged.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; rerun the command that writes it.")
    try:
        return _read_arrays(path)
    except ValueError as error:
        raise ValueError(
            f"{path} is truncated or damaged: {error}. Restore it from a copy, or"
            " remove it and rerun the command that wrote it."
        ) from error


def _another_format(path: pathlib.Path) -> str | None:
    """Says what a file is if it does not begin as a .npz file; None if it does."""
    with path.open("rb") as file:
        start = file.read(len(_NPY_START))
    if start.startswith(_ZIP_START):
        return None
    if not start:
        return "it is empty"
    if start == _NPY_START:
        return "it is a .npy file; write its array with numpy.savez"
    return "it has another format"


def _read_arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    name = None
    try:
        # numpy does not close a file that it has opened and cannot read.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            for name in file.files:
                arrays[name] = file[name]
    except Exception as error:
        # numpy fails in many ways on files of other kinds.
        reason = _another_format(path) if name is None else None
        if reason is None:
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ValueError(reason if name is None else f"{name!r}: {reason}") from error
    for name, array in arrays.items():
        # np.load returns the bytes of a member that is not an array.
        dtype = getattr(array, "dtype", None)
        if dtype is None or dtype.kind not in "biufc":
            what = "no array" if dtype is None else f"an array of {dtype}"
            raise ValueError(f"{name!r} is {what}")
    return arrays
