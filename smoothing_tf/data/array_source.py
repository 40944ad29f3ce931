"""Sources of the arrays of .npz and .npy files."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from smoothing_tf.data.array_file import ArrayInFile, StoredArray, read_array_file
from smoothing_tf.data.array_shard import ArrayShard
from smoothing_tf.data.labels import check_labels, make_class_names
from smoothing_tf.data.picture_listing import printable
from smoothing_tf.data.record_format import RecordFormat
from smoothing_tf.data.source import Source
from smoothing_tf.data.splits import (
    SPLITS,
    held_out_size,
    hold_out_rows,
    rows_of_fractions,
)
from smoothing_tf.limits import MAX_LEVELS

_CLASS_NAMES = "class_names"
_LABELS = "labels"


def source_from_array_file(
    path: str,
    num_levels: int | None = None,
    split_fractions: Sequence[float] = (0.8, 0.1, 0.1),
) -> Source:
    """Makes the source of a .npz or .npy file of images or vectors.

    A .npz file holds the arrays train and, optionally, validation and test, with labels
    in train_labels, validation_labels and test_labels; or a single array of any other
    name with its labels in labels. A .npy file is a single array. `class_names`
    optionally names the classes. Without the array validation, part of train is held
    out by a constant permutation.

    Images are uint8 [n, h, w, c] or [n, h, w]; vectors are floating [n, d] and become
    float32.

    Args:
      path: path of the file.
      num_levels: L; value i of an image becomes round(i (L - 1) / 255). None keeps all
        256 levels.
      split_fractions: shares of train, validation and test in a single array.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it does not hold such arrays; the message says what is wrong.
    """
    arrays = read_array_file(path)
    class_names = _read_class_names(arrays.pop(_CLASS_NAMES, None), path)
    pairs = split_pairs(arrays, path, extra_names=(_CLASS_NAMES,))
    for name, (array, _) in pairs.items():
        _check_array(array, f"The array {name} of {path}" if name else f"{path}")
    return _make_source(path, pairs, class_names, num_levels, split_fractions)


# Split, or the name of a single array -> the array and its labels or None.
Pairs = dict[str, tuple[StoredArray, StoredArray | None]]


def split_pairs(
    arrays: Mapping[str, StoredArray], path: str, extra_names: Sequence[str]
) -> Pairs:
    """Sorts the arrays of a file into splits with labels.

    Args:
      arrays: name -> array.
      path: path of the file, for messages.
      extra_names: further names that such a file may hold.

    Returns:
      Split -> (array, labels or None); of a single array, its own name.

    Raises:
      ValueError: names are unknown or missing.
    """
    names = set(arrays)
    label_names = {f"{split}_labels" for split in SPLITS}
    unsplit = names - {*SPLITS, *label_names, _LABELS}
    allowed = ", ".join((*SPLITS, "their labels (train_labels, ...)", *extra_names))
    if names & set(SPLITS):
        unknown = sorted(unsplit | (names & {_LABELS}))
        if unknown:
            raise ValueError(
                f"{path} must hold the arrays {allowed}, and no others next to them;"
                f" got {unknown[0]!r}. Remove or rename it."
            )
        if "train" not in names:
            raise ValueError(
                f"{path} must hold an array train; got {', '.join(sorted(names))}."
            )
        pairs: Pairs = {
            split: (arrays[split], arrays.get(f"{split}_labels"))
            for split in SPLITS
            if split in names
        }
        without = [split for split, (_, labels) in pairs.items() if labels is None]
        orphans = sorted(
            name for name in names & label_names if name.partition("_")[0] not in pairs
        )
        if orphans:
            raise ValueError(
                f"{path} has the array {orphans[0]}, but none of the examples that it"
                " labels. Add it, or remove the labels."
            )
        if without and len(without) < len(pairs):
            raise ValueError(
                f"{path} must have labels for all splits or none; got none for"
                f" {', '.join(without)}."
            )
        return pairs
    if len(unsplit) != 1 or names & label_names:
        found = ", ".join(sorted(names)) or "none"
        raise ValueError(
            f"{path} must hold the arrays {allowed}; or a single array, optionally with"
            f" its labels; got {found}."
        )
    (name,) = unsplit
    return {name: (arrays[name], arrays.get(_LABELS))}


def _make_source(
    path: str,
    pairs: Pairs,
    class_names: tuple[str, ...] | None,
    num_levels: int | None,
    split_fractions: Sequence[float],
) -> Source:
    labels = {
        split: check_labels(_loaded(values), len(array), f"{path}, {split}")
        for split, (array, values) in pairs.items()
        if values is not None
    }
    if labels or class_names is not None:
        class_names = make_class_names(labels, class_names, path)
    first, *others = pairs.items()
    event_shape = _event_shape(first[1][0])
    for split, (array, _) in others:
        if _event_shape(array) != event_shape or _is_image(array) != _is_image(
            first[1][0]
        ):
            raise ValueError(
                f"The arrays of {path} must hold examples of one shape and kind; got"
                f" {_describe(first[1][0])} in {first[0]} and {_describe(array)} in"
                f" {split}."
            )
    is_image = _is_image(first[1][0])
    if num_levels is not None and not is_image:
        raise ValueError(
            f"`num_levels` only applies to images; {path} holds vectors. Drop it."
        )
    record_format = RecordFormat(
        "image" if is_image else "x",
        event_shape,
        "uint8" if is_image else "float32",
        (num_levels or MAX_LEVELS) if is_image else None,
        label="label" if labels else None,
        num_classes=len(class_names) if labels and class_names else None,
    )
    rows, notes = _choose_rows(path, pairs, split_fractions)
    shards = {}
    for split, (name, chosen) in rows.items():
        array = pairs[name][0]
        own = labels.get(name)
        shards[split] = (
            ArrayShard(
                array,
                record_format,
                f"{path}, {name}" if name else path,
                rows=chosen,
                labels=own if own is None or chosen is None else own[chosen],
                lookup=_lookup(num_levels),
            ),
        )
    return Source(
        name=source_name(path),
        format=record_format,
        shards=shards,
        class_names=class_names if labels else None,
        notes=notes,
        directory=os.fspath(path),
    )


def _choose_rows(
    path: str, pairs: Pairs, split_fractions: Sequence[float]
) -> tuple[dict[str, tuple[str, np.ndarray | None]], tuple[str, ...]]:
    """Returns split -> (array that holds it, its rows or None for all), and notes."""
    if "train" not in pairs:
        ((name, (array, _)),) = pairs.items()
        rows = rows_of_fractions(len(array), split_fractions)
        return {split: (name, chosen) for split, chosen in rows.items()}, ()
    whole: dict[str, tuple[str, np.ndarray | None]] = {s: (s, None) for s in pairs}
    if "validation" in pairs:
        return whole, ()
    total = len(pairs["train"][0])
    size = held_out_size(total)
    train, validation = hold_out_rows(total, size)
    note = (
        f"{path} has no array validation: {size} of its {total} training examples,"
        " chosen by a constant permutation, are held out."
    )
    splits = {"train": ("train", train), "validation": ("train", validation)}
    return {**splits, **{s: w for s, w in whole.items() if s != "train"}}, (note,)


def _check_array(array: StoredArray, place: str) -> None:
    """Checks the dtype and shape of images or vectors.

    Raises:
      ValueError: they are neither; the message says how to convert them.
    """
    dtype, shape = np.dtype(array.dtype), tuple(array.shape)
    got = f"got {dtype} {list(shape)}"
    rule = (
        f"{place} must be images, uint8 [n, h, w, c] or [n, h, w], or vectors,"
        " floating [n, d]"
    )
    if 0 in shape:
        raise ValueError(f"{rule}, none of them 0; {got}.")
    if _is_image(array):
        if len(shape) in (3, 4):
            return
        advice = ""
        if len(shape) == 2:
            advice = " Reshape images to [n, h, w]; convert vectors to float32."
        raise ValueError(f"{rule}; {got}.{advice}")
    if dtype.kind == "f":
        if len(shape) == 2:
            return
        advice = ""
        if len(shape) == 1:
            advice = " Give single numbers as x[:, None]."
        elif len(shape) in (3, 4):
            advice = (
                " Give images as uint8 from 0 to 255, e.g."
                " np.rint(255 * x).astype(np.uint8) for values on [0, 1]."
            )
        raise ValueError(f"{rule}; {got}.{advice}")
    advice = {
        "b": " Give 255 * x.astype(np.uint8).",
        "i": " Give x.astype(np.uint8) for images, x.astype(np.float32) for vectors.",
        "u": " Give images as uint8, np.rint(x / 257) for 16 bits.",
    }.get(dtype.kind, " Give numbers.")
    raise ValueError(f"{rule}; {got}.{advice}")


def _is_image(array: StoredArray) -> bool:
    return np.dtype(array.dtype) == np.uint8


def _event_shape(array: StoredArray) -> tuple[int, ...]:
    shape = tuple(int(size) for size in array.shape[1:])
    return (*shape, 1) if _is_image(array) and len(shape) == 2 else shape


def _describe(array: StoredArray) -> str:
    return f"{np.dtype(array.dtype)} {list(array.shape)}"


def _lookup(num_levels: int | None) -> np.ndarray | None:
    if num_levels is None or num_levels == MAX_LEVELS:
        return None
    values = np.arange(MAX_LEVELS) * (num_levels - 1) / (MAX_LEVELS - 1)
    return np.rint(values).astype(np.uint8)


def _loaded(array: StoredArray) -> np.ndarray:
    return array.open() if isinstance(array, ArrayInFile) else array


def _read_class_names(array: StoredArray | None, path: str) -> tuple[str, ...] | None:
    if array is None:
        return None
    names = _loaded(array)
    if names.ndim != 1 or names.dtype.kind != "U":
        raise ValueError(
            f"The array {_CLASS_NAMES} of {path} must be texts [number of classes]; got"
            f" {_describe(array)}."
        )
    return tuple(str(name) for name in names)


def source_name(path: str) -> str:
    """Makes the name of a data set from that of its file."""
    stem = os.path.splitext(os.path.basename(os.path.realpath(path)))[0]
    return printable(stem) or "data"
