"""The classes of class-conditional models: their names and their frequencies."""

import dataclasses
import operator
import unicodedata
from typing import Any

import numpy as np

from smoothing_tf.texts import list_names

# Longer numbers are no classes, and Python refuses to convert very long ones.
_MAX_DIGITS = 18


@dataclasses.dataclass(frozen=True)
class Classes:
    """Names and frequencies of the classes 0, 1, ..., as far as they are known.

    Attributes:
      names: name of each class; None if classes have no names.
      frequencies: pi, the share of each class in the training data; None counts all
        classes as equally frequent.
    """

    names: tuple[str, ...] | None = None
    frequencies: tuple[float, ...] | None = None

    def log_frequencies(self, num_classes: int) -> np.ndarray:
        """Computes log pi, float64 [num_classes]; -inf for a class that never occurs.

        Raises:
          ValueError: there is another number of frequencies.
        """
        frequencies = self.frequencies or (1.0 / num_classes,) * num_classes
        if len(frequencies) != num_classes:
            raise ValueError(
                f"`frequencies` must be one number for each of {num_classes} classes;"
                f" got {len(frequencies)}."
            )
        with np.errstate(divide="ignore"):
            return np.log(np.asarray(frequencies, np.float64))

    def name_of(self, label: int) -> str:
        """Returns the name of a class, or its number as text.

        A name that several classes have is followed by the number.
        """
        if self.names is None:
            return str(label)
        name = self.names[label]
        return name if self.names.count(name) == 1 else f"{name} ({label})"

    def find(self, name: str, num_classes: int) -> int:
        """Finds the number of a class by its name or, if no name is equal, its number.

        Names are equal if they show the same letters: an accented letter may be one
        character or two (Unicode NFC or NFD, as file systems differ).

        Raises:
          ValueError: there is no such class, or several have the name.
        """
        names = self.names or ()
        found = [label for label, own in enumerate(names) if own == name]
        if not found:
            same = unicodedata.normalize("NFC", name)
            normalized = [unicodedata.normalize("NFC", own) for own in names]
            found = [label for label, own in enumerate(normalized) if own == same]
        if len(found) > 1:
            raise ValueError(
                f"The classes {list_names([str(label) for label in found])} all have"
                f" the name {name!r}. Give one of these numbers."
            )
        if found:
            return found[0]
        is_number = name.isascii() and name.isdigit() and len(name) <= _MAX_DIGITS
        if is_number and int(name) < num_classes:
            return int(name)
        shown = f" or a name: {list_names(names)}" if names else ""
        raise ValueError(
            f"There is no class {name!r}. Give a number from 0 to"
            f" {num_classes - 1}{shown}."
        )


def as_labels(label: Any, num_examples: int, num_classes: int) -> np.ndarray:
    """Checks labels and repeats a single one.

    Args:
      label: integer, or integers [num_examples].
      num_examples: number of examples n.
      num_classes: labels are 0, ..., num_classes - 1.

    Returns:
      int32 [n].

    Raises:
      ValueError: a label is no class, or there are not as many as examples.
    """
    try:
        labels = np.full([num_examples], operator.index(label))
    except TypeError:
        labels = np.asarray(label)
    if labels.shape != (num_examples,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"`label` must be an integer, or integers [{num_examples}]; got"
            f" {labels.dtype} {list(labels.shape)}."
        )
    is_wrong = (labels < 0) | (labels >= num_classes)
    if np.any(is_wrong):
        raise ValueError(
            f"`label` must be from 0 to {num_classes - 1}; got {labels[is_wrong][0]}."
        )
    return labels.astype(np.int32)
