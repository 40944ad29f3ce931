"""Reads the arrays of .npy and .npz files, from disk as they are used if possible."""

import dataclasses
import os
import stat
import zipfile
from typing import BinaryIO

import numpy as np

from smoothing_tf.os_errors import naming

_NPY_START = b"\x93NUMPY"
_ZIP_START = b"PK"
# Fixed part of the header in front of a member of a zip file, and the place in it of
# the lengths of the name and of the extra field, which follow it.
_MEMBER_HEADER_SIZE = 30
_MEMBER_LENGTHS = slice(26, 30)
# Smaller members of a .npz file are read at once, which checks their sums.
_MIN_MAPPED_BYTES = 1 << 28


@dataclasses.dataclass(frozen=True)
class ArrayInFile:
    """An array that lies uncompressed in a file; pickled without its values.

    Attributes:
      path: path of the file.
      offset: number of bytes in front of the values.
      dtype: dtype of the values, as numpy's string, e.g. "<f4".
      shape: shape of the array.
      is_fortran: whether the first axis varies fastest.
    """

    path: str
    offset: int
    dtype: str
    shape: tuple[int, ...]
    is_fortran: bool = False

    def __len__(self) -> int:
        return self.shape[0]

    def open(self) -> np.ndarray:
        """Maps the array into memory, read-only.

        Raises:
          OSError: the file cannot be read.
          ValueError: it has become shorter.
        """
        if 0 in self.shape:  # Nothing can be mapped.
            return np.zeros(self.shape, self.dtype)
        with naming(self.path):
            return np.memmap(
                self.path,
                dtype=self.dtype,
                mode="r",
                offset=self.offset,
                shape=self.shape,
                order="F" if self.is_fortran else "C",
            )


# An array of a file: read, or to be mapped into memory.
StoredArray = np.ndarray | ArrayInFile


def read_array_file(path: str | os.PathLike) -> dict[str, StoredArray]:
    """Reads the arrays of a .npy or .npz file; never unpickles.

    The array of a .npy file and large uncompressed members of a .npz file are not read
    but mapped into memory when they are opened.

    Args:
      path: path of the file; its first bytes and not its name say which kind it is.

    Returns:
      Name -> array; the only name of a .npy file is "".

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is another file, is truncated or damaged, or holds objects.
    """
    path = os.fspath(path)
    if not os.path.exists(path):
        raise FileNotFoundError(f"`data_dir` must name a file; {path} does not exist.")
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError(
            f"`data_dir` must name a .npz or .npy file; {path} is not a regular file."
        )
    with naming(path), open(path, "rb") as file:
        start = file.read(len(_NPY_START))
        file.seek(0)
        if start == _NPY_START:
            return {"": _read_npy(path, file)}
    if not start.startswith(_ZIP_START):
        what = "is empty" if not start else "is neither"
        raise ValueError(f"`data_dir` must name a .npz or .npy file; {path} {what}.")
    try:
        return _read_npz(path)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"The .npz file {path} is truncated or damaged ({reason.rstrip('.')});"
            " write or copy it again."
        ) from error


def _read_npz(path: str) -> dict[str, StoredArray]:
    arrays: dict[str, StoredArray] = {}
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        for info in archive.infolist():
            name = info.filename
            if not name.endswith(".npy"):
                raise ValueError(
                    f"The member {name!r} of {path} is not an array; write the file"
                    " with numpy.savez."
                )
            name = name.removesuffix(".npy")
            is_stored = info.compress_type == zipfile.ZIP_STORED
            if is_stored and info.file_size >= _MIN_MAPPED_BYTES:
                file.seek(info.header_offset)
                header = file.read(_MEMBER_HEADER_SIZE)
                lengths = np.frombuffer(header[_MEMBER_LENGTHS], "<u2")
                file.seek(int(lengths.sum()), os.SEEK_CUR)
                arrays[name] = _read_npy(path, file, name, file.tell() + info.file_size)
                continue
            with archive.open(info) as member:
                arrays[name] = _read_member(path, name, member)
    return arrays


def _read_member(path: str, name: str, member) -> np.ndarray:
    """Reads a whole member, so that its checksum is compared."""
    place = f"The array {name!r} of {path}"
    try:
        array = np.lib.format.read_array(member, allow_pickle=False)
        member.read()
        return array
    except ValueError as error:
        if "pickle" in str(error) or "Object arrays" in str(error):
            raise _object_error(place) from error
        raise ValueError(
            f"{place} is truncated or damaged ({_first_line(error)}); write or copy the"
            " file again."
        ) from error


def _read_npy(
    path: str, file: BinaryIO, name: str = "", end: int | None = None
) -> ArrayInFile:
    """Reads the header of an array and checks the length of its values."""
    place = f"The array {name!r} of {path}" if name else f"The array of {path}"
    try:
        version = np.lib.format.read_magic(file)
        # Version 3 has the form of version 2, with UTF-8 in the names of fields.
        read_header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, is_fortran, dtype = read_header(file)
    except (ValueError, EOFError) as error:
        raise ValueError(
            f"{place} is truncated or damaged ({_first_line(error)}); write or copy the"
            " file again."
        ) from error
    if dtype.hasobject:
        raise _object_error(place)
    offset = file.tell()
    size = (os.path.getsize(path) if end is None else end) - offset
    expected = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if size < expected:
        raise ValueError(
            f"{place} is truncated: {size} of {expected} bytes are there; write or"
            " copy the file again."
        )
    return ArrayInFile(path, offset, dtype.str, tuple(shape), bool(is_fortran))


def _object_error(place: str) -> ValueError:
    return ValueError(
        f"{place} holds Python objects (a pickle), which are never loaded; write an"
        " array of numbers."
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
