"""Identifies stored data, so that what was derived from them can be found again."""

import hashlib
import os
from typing import NamedTuple

import numpy as np


class Fingerprint(NamedTuple):
    """Identifies records on disk.

    Attributes:
      state: the files, with their sizes and times.
      selection: which of their values are read, and how.
    """

    state: str
    selection: str = ""

    def part(self, selection: str) -> "Fingerprint":
        """Identifies some of the records."""
        return Fingerprint(self.state, f"{self.selection} {selection}")


def state_of(path: str, root: str) -> str:
    """Describes a file: its path within the data set, its size and its time."""
    try:
        status = os.stat(path)
    except OSError:  # Reading it reports the error.
        return f"{path!r} missing"
    name = os.path.relpath(path, root)
    return f"{name!r} {status.st_size} {status.st_mtime_ns}"


def digest_of(array: np.ndarray | None) -> str:
    """Computes a digest of the dtype, shape and values of an array."""
    if array is None:
        return "none"
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
