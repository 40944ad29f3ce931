"""Reads IDX files, the format of MNIST and its successors, plain or compressed."""

import gzip
import os
import pathlib
import struct
import zlib

import numpy as np

from smoothing_tf.os_errors import naming

# Third byte of the magic number: the type of the values; the only one read here.
_UINT8 = 0x08
_GZIP_START = b"\x1f\x8b"


def find_idx_file(directory: str | os.PathLike, name: str) -> pathlib.Path | None:
    """Finds NAME.gz or NAME in a directory; returns None without either."""
    for path in (pathlib.Path(directory, f"{name}.gz"), pathlib.Path(directory, name)):
        if path.is_file():
            return path
    return None


def read_idx_file(path: str | os.PathLike, num_axes: int) -> np.ndarray:
    """Reads the array of an IDX file.

    Args:
      path: path of the file; its first bytes say whether it is compressed by gzip.
      num_axes: expected number of axes, 1 for labels and 3 for grey images.

    Returns:
      uint8, read-only.

    Raises:
      OSError: the file cannot be read.
      ValueError: it is no IDX file of bytes with that many axes, is truncated, or has
        more values than its header says.

    Reference: the page of MNIST by Y. LeCun, "The IDX file format".
    """
    content = _read(path)
    header_size = 4 + 4 * num_axes
    magic = struct.pack(">HBB", 0, _UINT8, num_axes)
    if content[:4] != magic:
        raise ValueError(
            f"{path} must be an IDX file of bytes with {num_axes} axes, which begins"
            f" with {magic.hex()}; got {content[:4].hex() or 'an empty file'}. Is it"
            " another file?"
        )
    if len(content) < header_size:
        raise ValueError(f"The IDX file {path} is truncated; {_AGAIN}")
    shape = struct.unpack_from(f">{num_axes}I", content, 4)
    expected = int(np.prod(shape, dtype=np.int64))
    found = len(content) - header_size
    if found != expected:
        problem = "is truncated" if found < expected else "is damaged"
        raise ValueError(
            f"The IDX file {path} {problem}: its header says {expected} values,"
            f" {' x '.join(map(str, shape))}, but it holds {found}; {_AGAIN}"
        )
    return np.frombuffer(content, np.uint8, offset=header_size).reshape(shape)


_AGAIN = "copy or download it again."


def _read(path: str | os.PathLike) -> bytes:
    with naming(path), open(path, "rb") as file:
        content = file.read()
    if not content.startswith(_GZIP_START):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"The compressed file {path} is truncated or damaged ({error}); {_AGAIN}"
        ) from error
