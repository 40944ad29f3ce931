"""Reads the columns of .csv, .parquet and .npz files."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from smoothing_tf.data.array_file import ArrayInFile, read_array_file
from smoothing_tf.data.array_source import split_pairs

SUFFIXES = (".csv", ".parquet", ".npz")
_COLUMNS, _CLASS_NAMES = "columns", "class_names"


@dataclasses.dataclass(frozen=True)
class TableFile:
    """The columns of a file.

    Attributes:
      path: path of the file.
      names: names of the columns, all different.
      parts: split -> name -> values: float64 [n] with NaN for missing ones, or, for
        columns that are not numbers, the array of the file. The only part of a file
        without splits is "".
      labels: part -> integers [n], of a file that stores labels apart.
      class_names: names of these labels, or None.
    """

    path: str
    names: tuple[str, ...]
    parts: dict[str, dict[str, np.ndarray | pa.ChunkedArray]]
    labels: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    class_names: tuple[str, ...] | None = None

    def not_numbers(self, names: Sequence[str]) -> dict[str, str]:
        """Returns name -> type, of the columns among `names` that are not numbers."""
        columns = {name: next(iter(self.parts.values()))[name] for name in names}
        return {
            name: str(column.type)
            for name, column in columns.items()
            if not isinstance(column, np.ndarray)
        }


def read_table_file(path: str) -> TableFile:
    """Reads a table.

    A .csv file has the names of its columns in the first line. A .npz file holds an
    array [n, d] of numbers for each split, named as in `source_from_array_file`, and
    optionally the names in `columns`, otherwise "0", "1", ...

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it cannot be read, has no rows, or names occur twice.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(f"`data_dir` must name a table; {path} does not exist.")
    suffix = pathlib.Path(path).suffix.lower()
    if suffix not in SUFFIXES or not os.path.isfile(path):
        raise ValueError(
            f"`data_dir` must name a {', '.join(SUFFIXES)} file; got {path}."
        )
    if suffix == ".npz":
        return _read_npz(path)
    try:
        if suffix == ".csv":
            table = pyarrow.csv.read_csv(path)
        else:
            table = pyarrow.parquet.read_table(path)
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        reason = (str(error).splitlines() or ["unreadable"])[0].rstrip(".")
        raise ValueError(
            f"The table {path} is damaged or has another format: {reason}."
        ) from error
    names = _check_names(path, [name.strip() for name in table.column_names])
    if suffix == ".csv" and all(_is_number(name) for name in names):
        raise ValueError(
            f"The first line of {path} must name the columns; got the numbers"
            f" {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}. Add a line of"
            " names."
        )
    if table.num_rows == 0:
        raise ValueError(f"The table {path} must have rows; got none.")
    columns = {name: _convert(table.column(i)) for i, name in enumerate(names)}
    return TableFile(path, names, {"": columns})


def _convert(column: pa.ChunkedArray) -> np.ndarray | pa.ChunkedArray:
    kind = column.type
    is_number = (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )
    if not is_number:
        return column
    # Missing values become NaN.
    values = column.cast(pa.float64(), safe=False).to_numpy()
    return np.asarray(values, np.float64)


def _read_npz(path: str) -> TableFile:
    arrays = {
        name: array.open() if isinstance(array, ArrayInFile) else array
        for name, array in read_array_file(path).items()
    }
    texts = {
        name: _texts(path, name, arrays.pop(name))
        for name in (_COLUMNS, _CLASS_NAMES)
        if name in arrays
    }
    pairs = split_pairs(arrays, path, extra_names=(_COLUMNS, _CLASS_NAMES))
    is_split = "train" in pairs
    parts, labels, widths = {}, {}, {}
    for name, (array, own_labels) in pairs.items():
        part = name if is_split else ""
        values = np.asarray(array)
        if values.ndim != 2 or not values.size or values.dtype.kind not in "iuf":
            raise ValueError(
                f"The array {name} of {path} must be numbers [rows, columns], at least"
                f" one; got {values.dtype} {list(values.shape)}."
            )
        widths[name] = values.shape[1]
        if len(set(widths.values())) > 1:
            found = ", ".join(f"{n} in {part}" for part, n in widths.items())
            raise ValueError(
                f"The arrays of {path} must have the same columns; got {found}."
            )
        names = texts.get(_COLUMNS) or tuple(map(str, range(values.shape[1])))
        if len(names) != values.shape[1]:
            raise ValueError(
                f"The array columns of {path} must name {values.shape[1]} columns; got"
                f" {len(names)} names."
            )
        parts[part] = {
            column: values[:, i].astype(np.float64) for i, column in enumerate(names)
        }
        if own_labels is not None:
            labels[part] = np.asarray(own_labels)
    names = _check_names(path, list(names))
    return TableFile(path, names, parts, labels, texts.get(_CLASS_NAMES))


def _texts(path: str, name: str, array: np.ndarray) -> tuple[str, ...]:
    if array.ndim != 1 or array.dtype.kind != "U":
        raise ValueError(
            f"The array {name} of {path} must be a list of texts; got {array.dtype}"
            f" {list(array.shape)}."
        )
    return tuple(str(text) for text in array)


def _check_names(path: str, names: list[str]) -> tuple[str, ...]:
    if not names:
        raise ValueError(f"The table {path} must have columns; got none.")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(
                f"The table {path} must have different names for its columns; got"
                f" {name!r} twice. Rename one."
            )
        if not name:
            raise ValueError(
                f"Every column of {path} must have a name; that of column"
                f" {names.index(name)}, counted from 0, is empty."
            )
    return tuple(names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
