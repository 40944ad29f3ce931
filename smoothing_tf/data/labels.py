"""Checks of classes that are stored as numbers, and their names."""

from collections.abc import Mapping, Sequence

import numpy as np

# More distinct labels than this are not classes but, e.g., a number per row.
_MAX_CLASSES = 100_000


def check_labels(labels: np.ndarray, num_examples: int, place: str) -> np.ndarray:
    """Checks labels and converts them to int64.

    Args:
      labels: integers [num_examples], from 0.
      num_examples: number of examples that they belong to.
      place: description of the labels, for messages.

    Raises:
      ValueError: a shape, dtype or value is wrong.
    """
    labels = np.asarray(labels)
    rule = f"The labels of {place} must be integers [{num_examples}], from 0"
    if labels.shape != (num_examples,):
        raise ValueError(f"{rule}; got shape {list(labels.shape)}.")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"{rule}; got {labels.dtype}. Give x.astype(np.int64).")
    low, high = int(labels.min(initial=0)), int(labels.max(initial=0))
    if low < 0 or high >= _MAX_CLASSES:
        wrong = low if low < 0 else high
        raise ValueError(
            f"{rule}, below {_MAX_CLASSES}; got {wrong}. Number the classes from 0."
        )
    return labels.astype(np.int64)


def make_class_names(
    labels: Mapping[str, np.ndarray], names: Sequence[str] | None, path: str
) -> tuple[str, ...]:
    """Checks the names of the classes, or makes "0", "1", ...

    Args:
      labels: split -> int64 [n].
      names: names of the classes, or None.
      path: path of the file, for messages.

    Raises:
      ValueError: there are names but no labels, fewer names than classes, or a name
        occurs twice.
    """
    if not labels:
        raise ValueError(
            f"{path} has the names of classes, but no labels. Add the labels, or"
            " remove class_names."
        )
    num_classes = 1 + max(int(values.max(initial=0)) for values in labels.values())
    if names is None:
        return tuple(str(label) for label in range(num_classes))
    if len(names) < num_classes or len(set(names)) < len(names):
        raise ValueError(
            f"The class_names of {path} must be different and at least {num_classes},"
            f" one for each label; got {len(names)}, {len(set(names))} of them"
            " different."
        )
    return tuple(names)
