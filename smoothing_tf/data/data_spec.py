"""The facts about a data set that a run stores."""

import dataclasses
from typing import Any

import numpy as np

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.standardization import Standardization
from smoothing_tf.texts import list_names

# Facts that data.json of an earlier version lacks.
_LATER = {"standardization", "num_classes", "class_frequencies", "columns"}


@dataclasses.dataclass(frozen=True)
class DataSpec:
    """Facts about the data of a run that models, samples and exports need.

    Attributes:
      name: name of the data set, for messages.
      kind: "images" with levels, or "vectors" of real numbers.
      event_shape: shape of one example, (height, width, channels) of an image.
      num_levels: values are 0, ..., num_levels - 1; None for vectors.
      class_names: names of the labels 0, 1, ...; None without labels or names.
      standardization: the scale of a table's columns; None for data in their own
        units.
      num_classes: number of classes; None without labels.
      class_frequencies: share of each class in the training split; None without
        labels, or if no model needed it.
      columns: names of the columns of a table; None for other data.
    """

    name: str
    kind: str
    event_shape: tuple[int, ...]
    num_levels: int | None
    class_names: tuple[str, ...] | None = None
    standardization: Standardization | None = None
    num_classes: int | None = None
    class_frequencies: tuple[float, ...] | None = None
    columns: tuple[str, ...] | None = None

    @classmethod
    def of(cls, dataset: Dataset, *, with_frequencies: bool = False) -> "DataSpec":
        """Extracts the facts about an open data set.

        Args:
          dataset: the data set.
          with_frequencies: whether to count the classes, which reads the training
            split.
        """
        names = dataset.source.class_names
        return cls(
            name=dataset.name,
            kind=_kind(dataset.num_levels),
            event_shape=tuple(int(size) for size in dataset.event_shape),
            num_levels=None if dataset.num_levels is None else int(dataset.num_levels),
            class_names=None if names is None else tuple(names),
            standardization=dataset.standardization,
            num_classes=dataset.num_classes,
            class_frequencies=_frequencies(dataset) if with_frequencies else None,
            columns=dataset.source.columns,
        )

    @classmethod
    def from_json(cls, value: Any) -> "DataSpec":
        """Inverts `to_json`.

        Raises:
          ValueError: the value does not have that form.
        """
        names = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(value, dict) or not names - _LATER <= value.keys() <= names:
            raise ValueError(f"It must be an object with {', '.join(sorted(names))}.")
        shape, levels = value["event_shape"], value["num_levels"]
        if (
            not isinstance(shape, list)
            or not shape
            or not all(type(n) is int and n > 0 for n in shape)
        ):
            raise ValueError(
                f"`event_shape` must be a list of integers above 0; got {shape!r}."
            )
        if levels is not None and (type(levels) is not int or levels < 2):
            raise ValueError(
                "`num_levels` must be an integer of at least 2, or null; got"
                f" {levels!r}."
            )
        if value["kind"] != _kind(levels):
            raise ValueError(
                f"`kind` must be {_kind(levels)!r} where `num_levels` is {levels!r};"
                f" got {value['kind']!r}."
            )
        classes = value["class_names"]
        is_list = classes is None or isinstance(classes, list)
        if not is_list or not all(
            isinstance(text, str) for text in (value["name"], *(classes or ()))
        ):
            raise ValueError(
                "`name` must be a text, and `class_names` a list of texts or null;"
                f" got {value['name']!r} and {classes!r}."
            )
        scale = value.get("standardization")
        if scale is not None:
            scale = Standardization.from_json(scale)
            if levels is not None or shape != [len(scale.columns)]:
                raise ValueError(
                    "`standardization` must have an entry for each coordinate of a"
                    f" vector; got {len(scale.columns)} for the shape {shape}."
                )
        num_classes = value.get("num_classes", classes and len(classes))
        frequencies = value.get("class_frequencies")
        _check_classes(num_classes, frequencies)
        shares = None if frequencies is None else tuple(frequencies)
        columns = value.get("columns")
        _check_columns(columns, shape)
        return cls(
            **value
            | {
                "standardization": scale,
                "event_shape": tuple(shape),
                "class_names": None if classes is None else tuple(classes),
                "num_classes": num_classes,
                "class_frequencies": shares,
                "columns": None if columns is None else tuple(columns),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Converts the facts to plain lists, strings and numbers."""
        value = dataclasses.asdict(self)
        value["event_shape"] = list(self.event_shape)
        for name in ("class_names", "class_frequencies", "columns"):
            value[name] = getattr(self, name) and list(getattr(self, name))
        if self.standardization is not None:
            value["standardization"] = self.standardization.to_json()
        return value

    def check_same_classes(self, other: "DataSpec", where: str) -> None:
        """Checks that a class-conditional model of these data fits other data.

        Raises:
          ValueError: the number of classes or their names differ.
        """
        for name in ("num_classes", "class_names"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise ValueError(
                    f"The classes of {where} do not fit this class-conditional run:"
                    f" they are {other._describe_classes()}, and those of the run's"
                    f" data are {self._describe_classes()}. Name data with the same"
                    " classes."
                )

    def _describe_classes(self) -> str:
        names = self.class_names or ()
        shown = f" ({list_names(names)})" if names else ""
        return f"{self.num_classes or 'none'}{shown}"

    def check_same_kind(self, other: "DataSpec", where: str) -> None:
        """Checks that a model of these data can be used on other data.

        Args:
          other: facts about the other data.
          where: flag or path that names the other data, e.g. "--data_dir".

        Raises:
          ValueError: they differ in kind, shape, levels or standardization.
        """
        for name in ("kind", "event_shape", "num_levels"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise ValueError(
                    f"The data of {where} do not fit this run: their"
                    f" {name.replace('_', ' ')} is {theirs}, that of the run's data is"
                    f" {mine}. Name the data that it was trained on, or similar data."
                )
        mine, theirs = self.standardization, other.standardization
        if mine is not None and not mine.is_close(theirs):
            raise ValueError(
                f"The data of {where} do not fit this run: it was trained on columns"
                f" ({', '.join(mine.columns)}) standardized by the moments of its own"
                " training split, and theirs are others. Name the data that it was"
                " trained on."
            )
        if mine is None and theirs is not None:
            raise ValueError(
                f"The data of {where} do not fit this run: they are standardized, and"
                " those of the run are not. Name the data that it was trained on."
            )


def _frequencies(dataset: Dataset) -> tuple[float, ...] | None:
    if dataset.num_classes is None:
        return None
    labels = np.asarray(dataset.labels("train"))
    counts = np.bincount(labels, minlength=dataset.num_classes)
    return tuple((counts / counts.sum()).tolist())


def _check_classes(num_classes: Any, frequencies: Any) -> None:
    if num_classes is not None and (type(num_classes) is not int or num_classes < 1):
        raise ValueError(
            f"`num_classes` must be an integer above 0, or null; got {num_classes!r}."
        )
    if frequencies is None:
        return
    is_list = isinstance(frequencies, list) and len(frequencies) == num_classes
    if not is_list or not all(
        isinstance(share, float) and 0.0 <= share <= 1.0 for share in frequencies
    ):
        raise ValueError(
            f"`class_frequencies` must be {num_classes} numbers from 0 to 1, or null;"
            f" got {frequencies!r}."
        )


def _check_columns(columns: Any, shape: list[int]) -> None:
    if columns is None:
        return
    is_list = isinstance(columns, list) and shape == [len(columns)]
    if not is_list or not all(isinstance(name, str) for name in columns):
        raise ValueError(
            "`columns` must be a name for each coordinate of a vector, or null; got"
            f" {columns!r} for the shape {shape}."
        )


def _kind(num_levels: int | None) -> str:
    return "vectors" if num_levels is None else "images"
