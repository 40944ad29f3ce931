"""Sources of tables: columns by name, checked, split and standardized."""

import difflib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from smoothing_tf.data.array_shard import ArrayShard
from smoothing_tf.data.array_source import source_name
from smoothing_tf.data.labels import check_labels, make_class_names
from smoothing_tf.data.record_format import RecordFormat
from smoothing_tf.data.source import Source
from smoothing_tf.data.splits import (
    SPLITS,
    held_out_size,
    hold_out_rows,
    rows_of_fractions,
)
from smoothing_tf.data.table_file import TableFile, read_table_file
from smoothing_tf.standardization import Standardization

_NUM_NAMED = 5
# More distinct values than this are hardly classes.
_MAX_CLASSES = 1_000
# A column whose values move by more than this part of its standard deviation when they
# become float32 gets a note.
_MAX_ROUNDING = 1e-3


def source_from_table(
    path: str,
    split_fractions: Sequence[float] = (0.8, 0.1, 0.1),
    columns: Sequence[str] | None = None,
    label_column: str | None = None,
    standardize: bool = False,
) -> Source:
    """Makes the source of a .csv, .parquet or .npz table; a row is one vector.

    Args:
      path: path of the file; see `read_table_file`.
      split_fractions: shares of train, validation and test of a table that is not
        split; rows are assigned by a constant permutation.
      columns: names of the columns to model, in this order; None for all but the label
        column.
      label_column: name of the column with the class of each row, or None.
      standardize: whether to divide the distance of each column from its mean by its
        standard deviation, both measured on the training split in float64.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: a column is missing, not numeric, not finite, or constant in the
        training split; the message names it.
    """
    table = read_table_file(path)
    names = _choose_columns(table, columns, label_column)
    labels, class_names = _read_labels(table, label_column)
    parts = {
        part: np.stack([values[name] for name in names], axis=1)
        for part, values in table.parts.items()
    }
    _check_finite(table, names, parts)
    splits, notes = _split(path, parts, labels, split_fractions)
    train = splits["train"][0]
    _check_varying(table, names, train)
    standardization = None
    if standardize:
        standardization = Standardization.of(names, train)
    elif note := _rounding_note(names, train):
        notes += (note,)
    record_format = RecordFormat(
        "x",
        (len(names),),
        "float32",
        None,
        label="label" if labels else None,
        num_classes=len(class_names) if class_names else None,
    )
    shards = {}
    for split, (x, y) in splits.items():
        if standardization is not None:
            x = standardization.standardize(x)
        with np.errstate(over="ignore"):  # Infinity is reported when it is read.
            x = x.astype(np.float32)
        shards[split] = (ArrayShard(x, record_format, f"{path}, {split}", labels=y),)
    return Source(
        name=source_name(path),
        format=record_format,
        shards=shards,
        class_names=class_names,
        notes=notes,
        directory=path,
        columns=names,
        standardization=standardization,
    )


def _choose_columns(
    table: TableFile, columns: Sequence[str] | None, label_column: str | None
) -> tuple[str, ...]:
    for name in (*(columns or ()), *([] if label_column is None else [label_column])):
        if name not in table.names:
            close = difflib.get_close_matches(name, table.names, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"The table {table.path} has no column {name!r}; it has"
                f" {_listed(table.names, 20)}.{hint}"
            )
    names = tuple(columns or (name for name in table.names if name != label_column))
    if not names:
        raise ValueError(
            f"The table {table.path} must have a column to model; got the label column"
            " alone."
        )
    wrong = table.not_numbers(names)
    if wrong:
        found = _listed([f"{name} ({kind})" for name, kind in wrong.items()])
        hint = ""
        if len(wrong) == 1 and label_column is None:
            hint = f" If it holds classes, give --label_column={next(iter(wrong))}."
        raise ValueError(
            f"The columns of {table.path} must be numbers; these are not: {found}."
            f" {_leave_out(names, wrong)}{hint}"
        )
    return names


def _read_labels(
    table: TableFile, label_column: str | None
) -> tuple[dict[str, np.ndarray], tuple[str, ...] | None]:
    """Returns part -> int64 labels (empty without), and the names of the classes."""
    path = table.path
    if label_column is None:
        labels = {
            part: check_labels(
                values, len(next(iter(table.parts[part].values()))), f"{path}, {part}"
            )
            for part, values in table.labels.items()
        }
        if not labels and table.class_names is None:
            return {}, None
        return labels, make_class_names(labels, table.class_names, path)
    if table.labels:
        raise ValueError(
            f"`label_column` must be empty where {path} stores labels in arrays of"
            f" their own; got {label_column!r}."
        )
    values = {
        part: _label_values(path, label_column, columns[label_column])
        for part, columns in table.parts.items()
    }
    classes, numbers = np.unique(
        np.concatenate(list(values.values())), return_inverse=True
    )
    if len(classes) > _MAX_CLASSES:
        raise ValueError(
            f"The label column {label_column!r} of {path} must hold classes, at most"
            f" {_MAX_CLASSES} different ones; got {len(classes)}."
        )
    ends = np.cumsum([len(part) for part in values.values()])
    pieces = np.split(numbers.astype(np.int64), ends[:-1])
    return dict(zip(values, pieces)), tuple(str(value) for value in classes.tolist())


def _label_values(path: str, name: str, column: np.ndarray | pa.ChunkedArray):
    """Converts a column to an array of integers or texts."""
    place = f"The label column {name!r} of {path}"
    if isinstance(column, np.ndarray):
        if not np.all(np.isfinite(column)):
            raise ValueError(f"{place} must not have missing values.")
        if np.any(column != np.rint(column)):
            raise ValueError(
                f"{place} must hold whole numbers or texts; got"
                f" {column[column != np.rint(column)][0]:g}."
            )
        return column.astype(np.int64)
    if column.null_count:
        raise ValueError(f"{place} must not have missing values.")
    return np.array([str(value) for value in column.to_pylist()])


def _check_finite(table: TableFile, names, parts: dict[str, np.ndarray]) -> None:
    wrong: dict[str, str] = {}
    for part, x in parts.items():
        bad = ~np.isfinite(x)
        for i in np.flatnonzero(bad.any(axis=0)):
            where = f" of {part}" if part else ""
            rows = np.flatnonzero(bad[:, i])
            wrong.setdefault(
                names[i],
                f"{names[i]} ({len(rows)} of {len(x)} rows{where}, first row {rows[0]},"
                " counted from 0)",
            )
    if wrong:
        raise ValueError(
            f"The values of {table.path} must be finite; these columns have missing,"
            f" NaN or infinite ones: {_listed(list(wrong.values()))}. Remove those"
            f" rows, or leave the columns out: {_columns_flag(names, wrong)}."
        )


def _check_varying(table: TableFile, names, train: np.ndarray) -> None:
    constant = [
        names[i] for i in np.flatnonzero((train == train[:1]).all(axis=0)).tolist()
    ]
    if constant:
        raise ValueError(
            f"The columns of {table.path} must vary in the training split; these are"
            f" constant: {_listed(constant)}. {_leave_out(names, constant)}"
        )


def _split(
    path: str,
    parts: dict[str, np.ndarray],
    labels: dict[str, np.ndarray],
    split_fractions: Sequence[float],
) -> tuple[dict[str, tuple[np.ndarray, np.ndarray | None]], tuple[str, ...]]:
    """Returns split -> (rows, labels or None), and notes."""

    def select(part: str, rows: np.ndarray):
        return parts[part][rows], labels[part][rows] if labels else None

    if "" in parts:
        rows = rows_of_fractions(len(parts[""]), split_fractions)
        return {split: select("", chosen) for split, chosen in rows.items()}, ()
    splits = {
        split: (parts[split], labels.get(split)) for split in SPLITS if split in parts
    }
    if "validation" in splits:
        return splits, ()
    total = len(parts["train"])
    size = held_out_size(total)
    train, validation = hold_out_rows(total, size)
    splits = {
        "train": select("train", train),
        "validation": select("train", validation),
        **{split: pair for split, pair in splits.items() if split != "train"},
    }
    note = (
        f"{path} has no array validation: {size} of its {total} training rows, chosen"
        " by a constant permutation, are held out."
    )
    return splits, (note,)


def _rounding_note(names: Sequence[str], train: np.ndarray) -> str | None:
    """Says which columns lose digits as float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(train.astype(np.float32) - train).max(axis=0)
        rounded = errors > _MAX_ROUNDING * train.std(axis=0)
    if not rounded.any():
        return None
    found = _listed([names[i] for i in np.flatnonzero(rounded).tolist()])
    return (
        f"warning: as float32 the columns {found} lose digits, because their values are"
        " large beside their spread. --standardize keeps them."
    )


def _leave_out(names: Sequence[str], wrong) -> str:
    them = "it" if len(wrong) == 1 else "them"
    return f"Leave {them} out: {_columns_flag(names, wrong)}."


def _columns_flag(names: Sequence[str], wrong) -> str:
    rest = [name for name in names if name not in wrong]
    if not rest:
        return "no column remains"
    return f"--columns={','.join(rest)}"


def _listed(names: Sequence[str], number: int = _NUM_NAMED) -> str:
    more = len(names) - number
    listed = ", ".join(names[:number])
    return f"{listed} and {more} more" if more > 0 else listed
