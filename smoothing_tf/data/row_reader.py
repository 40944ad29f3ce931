"""Gathers rows of an array inside a tf.data pipeline."""

import math
import mmap
import threading
from collections.abc import Callable

import numpy as np
import tensorflow as tf

# An array of at most this size is copied into a tensor, which is gathered from fastest.
_MAX_TENSOR_BYTES = 1 << 28
# After about this many bytes of a mapped file were touched, its pages are released.
_RELEASE_AFTER_BYTES = 1 << 28
# Linux maps up to 16 pages around one that is touched.
_BYTES_AROUND = 1 << 16


def row_reader(array: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes a function that gathers rows, for the functions of a tf.data pipeline.

    No graph holds the array. A small array in memory becomes a tensor; rows of a large
    one, and of one that is mapped from a file, are copied from where they are.

    Args:
      array: the rows [n, ...].

    Returns:
      Function from int64 [b] to the rows, [b, ...] in the dtype of `array`.
    """
    file = mapped_file(array)
    if file is None and array.nbytes <= _MAX_TENSOR_BYTES:
        table = tf.constant(array)
        return lambda indices: tf.gather(table, indices)
    read = _Rows(array, file)

    def gather(indices: tf.Tensor) -> tf.Tensor:
        # Nothing but the indices decides on the result.
        rows = tf.numpy_function(read, [indices], array.dtype, stateful=False)
        return tf.ensure_shape(rows, [*indices.shape, *array.shape[1:]])

    return gather


def mapped_file(array: np.ndarray) -> mmap.mmap | None:
    """Finds the file that a read-only array is mapped from; None in memory."""
    base: object = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:  # Its pages may differ from those of the file.
            return None
        base = base.base
    return base if isinstance(base, mmap.mmap) else None


class _Rows:
    """Copies rows, and keeps the process from holding all pages of a mapped file.

    Pages that were read stay in the file cache of the system, where they can be
    reclaimed at any time. Without a release they would also count as memory of this
    process, until it seems to hold the whole file.
    """

    def __init__(self, array: np.ndarray, file: mmap.mmap | None):
        self._array = np.asarray(array)
        self._file = file
        row_bytes = math.prod(array.shape[1:]) * array.dtype.itemsize
        self._bytes_per_row = row_bytes + _BYTES_AROUND
        self._lock = threading.Lock()
        self._touched = 0

    def __call__(self, indices: np.ndarray) -> np.ndarray:
        rows = self._array.take(indices, axis=0)
        if self._file is not None:
            with self._lock:
                self._touched += len(indices) * self._bytes_per_row
                is_due = self._touched > _RELEASE_AFTER_BYTES
                if is_due:
                    self._touched = 0
            if is_due:
                release_pages(self._file)
        return rows


def release_pages(file: mmap.mmap) -> None:
    """Lets go of the pages of a mapped file; reading them again brings them back."""
    if hasattr(mmap, "MADV_DONTNEED"):  # Not every system has it.
        file.madvise(mmap.MADV_DONTNEED)
