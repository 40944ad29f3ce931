"""Gathers rows of an array inside a tf.data pipeline."""

import math
import mmap
import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

# An array of at most this size is copied into a tensor, which is gathered from fastest.
_MAX_TENSOR_BYTES = 1 << 28


def row_reader(array: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes a function that gathers rows, for the functions of a tf.data pipeline.

    No graph holds the array. A small array in memory becomes a tensor, a large one is
    used where it is, and rows of one that is mapped from a file are read from the file.

    Args:
      array: the rows [n, ...].

    Returns:
      Function from int64 [b] to the rows, [b, ...] in the dtype of `array`.
    """
    root = _mapped_root(array)
    if root is None and array.nbytes <= _MAX_TENSOR_BYTES:
        table = tf.constant(array)
        return lambda indices: tf.gather(table, indices)
    plain = np.asarray(array)
    file = None if root is None else _FileRows.find(plain, root)

    def take(indices: np.ndarray) -> np.ndarray:
        rows = None if file is None else file.read(indices)
        return plain.take(indices, axis=0) if rows is None else rows

    def gather(indices: tf.Tensor) -> tf.Tensor:
        # Nothing but the indices decides on the result.
        rows = tf.numpy_function(take, [indices], array.dtype, stateful=False)
        return tf.ensure_shape(rows, [*indices.shape, *array.shape[1:]])

    return gather


def _mapped_root(array: np.ndarray) -> np.memmap | None:
    """Finds the array that was mapped from a file, and that `array` is a view of.

    Returns None for an array in memory. One that can be written to may differ from its
    file, and counts as in memory.
    """
    base: object = array
    while isinstance(base, np.ndarray) and not base.flags.writeable:
        if isinstance(base, np.memmap) and isinstance(base.base, mmap.mmap):
            return base
        base = base.base
    return None


class _FileRows:
    """Reads rows of a mapped array from its file.

    Pages of a mapping that were touched count as memory of the process, until it seems
    to hold the whole file, and a file that is cut kills the process that touches them.
    Reading takes half the time, and what was read stays in the system's file cache,
    which is reclaimed at any time.
    """

    def __init__(self, array: np.ndarray, path: str, offset: int):
        self._shape, self._dtype = array.shape, array.dtype
        self._row_bytes = math.prod(array.shape[1:]) * array.dtype.itemsize
        self._path, self._offset = path, offset
        self._identity = _identity(os.stat(path))

    @classmethod
    def find(cls, array: np.ndarray, root: np.memmap) -> "_FileRows | None":
        """Finds the rows in their file; None if there is another file now."""
        if not array.flags.c_contiguous or root.filename is None or not array.size:
            return None
        offset = root.offset + array.ctypes.data - root.ctypes.data
        ends = np.array([0, len(array) - 1])
        try:
            rows = cls(array, os.fspath(root.filename), offset)
            found = rows.read(ends)
        except OSError:
            return None
        is_same = found is not None and found.tobytes() == array[ends].tobytes()
        return rows if is_same else None

    def read(self, indices: np.ndarray) -> np.ndarray | None:
        """Reads the rows [b, ...] of the positions `indices`, int64 [b].

        Returns None if the file was replaced or removed; its mapping still holds it.

        Raises:
          OSError: the file became shorter, or cannot be read.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except OSError:
            return None
        try:
            if _identity(os.fstat(descriptor)) != self._identity:
                return None
            return self._read(descriptor, indices)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int, indices: np.ndarray) -> np.ndarray:
        size = self._row_bytes
        rows = np.empty(len(indices) * size, np.uint8)
        target = rows.data
        for place, index in enumerate(indices.tolist()):
            row = target[place * size : (place + 1) * size]
            if os.preadv(descriptor, [row], self._offset + index * size) != size:
                raise OSError(
                    f"{self._path} became shorter while it was used. Rerun the command."
                )
        return rows.view(self._dtype).reshape(len(indices), *self._shape[1:])


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
