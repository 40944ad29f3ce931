"""The files of a decoded split: two arrays and a description of them."""

import contextlib
import dataclasses
import errno
import io
import os
import pathlib
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from smoothing_tf.artifacts import atomic_directory, read_json, write_json
from smoothing_tf.os_errors import naming

_INFO = "info.json"
_X = "x.npy"
_LABELS = "labels.npy"
_BUFFER_BYTES = 1 << 23
# Errors of file systems that cannot reserve space.
_CANNOT_RESERVE = {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENODEV}


class Layout(NamedTuple):
    """Shape and dtype of a split's examples, and whether they have labels."""

    shape: tuple[int, ...]
    dtype: np.dtype
    has_labels: bool

    @property
    def num_bytes(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


class DecodedSplit(NamedTuple):
    """The examples of a split.

    Attributes:
      x: [n, ...event_shape], read-only.
      labels: int64 [n], or None.
      remark: a sentence about the data that a user should see, or None.
    """

    x: np.ndarray
    labels: np.ndarray | None
    remark: str | None


class SplitWriter:
    """Writes examples in order, without holding them; made by `writing_split`."""

    def __init__(
        self, directory: pathlib.Path, layout: Layout, files: contextlib.ExitStack
    ):
        self._directory = directory
        self._x = _ArrayWriter(directory / _X, layout.shape, layout.dtype, files)
        self._labels = None
        if layout.has_labels:
            shape = layout.shape[:1]
            self._labels = _ArrayWriter(
                directory / _LABELS, shape, np.dtype(np.int64), files
            )

    def append(self, x: np.ndarray, label: int | None) -> None:
        """Adds one example."""
        self._x.append(x)
        if self._labels is not None:
            self._labels.append(0 if label is None else label)

    def flush(self) -> np.ndarray:
        """Writes what is still in memory, and returns the mapped examples."""
        for writer in self._writers:
            writer.close()
        return np.load(self._directory / _X, mmap_mode="r")

    def describe(self, remark: str | None) -> None:
        """Writes the description, which makes the split complete."""
        files = {writer.path.name: writer.description() for writer in self._writers}
        write_json(self._directory / _INFO, {"files": files, "remark": remark})

    @property
    def _writers(self) -> tuple["_ArrayWriter", ...]:
        return (self._x,) if self._labels is None else (self._x, self._labels)


@contextlib.contextmanager
def writing_split(path: pathlib.Path, layout: Layout) -> Iterator[SplitWriter]:
    """Yields a writer of a split that appears at `path` when all went well.

    Raises:
      OSError: the files cannot be written, or there is no space for them, which is
        known before the first example.
    """
    with (
        atomic_directory(path) as temporary,
        naming(path),
        contextlib.ExitStack() as files,
    ):
        yield SplitWriter(temporary, layout, files)


def read_split(path: pathlib.Path, layout: Layout) -> DecodedSplit | None:
    """Maps the files of a split into memory.

    The sum of a file is only computed if the file has changed since it was written.

    Returns:
      The split, or None if there is none at `path`.

    Raises:
      ValueError: the files are truncated or damaged.
      OSError: they cannot be read.
    """
    if not path.is_dir():
        return None
    try:
        info = read_json(path / _INFO)
        arrays = {}
        for name, description in info["files"].items():
            _check_file(path / name, description)
            arrays[name] = np.load(path / name, mmap_mode="r", allow_pickle=False)
        x, labels = arrays[_X], arrays.get(_LABELS)
        found = Layout(x.shape, x.dtype, labels is not None)
        if found != layout or (labels is not None and len(labels) != len(x)):
            raise ValueError(f"{path} holds {found} instead of {layout}")
        return DecodedSplit(x, labels, info["remark"])
    except (KeyError, TypeError, AttributeError, EOFError, FileNotFoundError) as error:
        raise ValueError(f"{path} is not complete: {error!r}") from error


def _check_file(path: pathlib.Path, description: dict) -> None:
    status = path.stat()
    if status.st_size != description["size"]:
        raise ValueError(f"{path} has {status.st_size} bytes")
    if status.st_mtime_ns == description["mtime_ns"]:
        return
    crc = 0
    with path.open("rb") as file:
        while block := file.read(_BUFFER_BYTES):
            crc = zlib.crc32(block, crc)
    if crc != description["crc32"]:
        raise ValueError(f"{path} has another sum")


@dataclasses.dataclass
class _ArrayWriter:
    """Writes a .npy file row by row.

    Written and not mapped: a full disk is then an error, not a signal. The file is
    closed with `files` if nothing closes it before.
    """

    path: pathlib.Path
    shape: tuple[int, ...]
    dtype: np.dtype
    files: contextlib.ExitStack

    def __post_init__(self):
        row_bytes = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize
        rows = max(1, _BUFFER_BYTES // max(1, row_bytes))
        self._rows = np.empty((min(rows, self.shape[0]), *self.shape[1:]), self.dtype)
        self._used = 0
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header,
            {
                "descr": np.lib.format.dtype_to_descr(self.dtype),
                "fortran_order": False,
                "shape": self.shape,
            },
        )
        self._crc = zlib.crc32(header.getvalue())
        self._file = self.files.enter_context(self.path.open("wb", buffering=0))
        self._reserve(len(header.getvalue()) + self.shape[0] * row_bytes)
        self._write_all(header.getvalue())

    def _reserve(self, size: int) -> None:
        try:
            os.posix_fallocate(self._file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in _CANNOT_RESERVE:
                raise

    def append(self, row: np.ndarray | int) -> None:
        self._rows[self._used] = row
        self._used += 1
        if self._used == len(self._rows):
            self._write()

    def close(self) -> None:
        self._write()
        os.fsync(self._file.fileno())
        self._file.close()

    def description(self) -> dict[str, int]:
        status = self.path.stat()
        return {
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "crc32": self._crc,
        }

    def _write(self) -> None:
        block = self._rows[: self._used].tobytes()
        self._crc = zlib.crc32(block, self._crc)
        self._write_all(block)
        self._used = 0

    def _write_all(self, block: bytes) -> None:
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
