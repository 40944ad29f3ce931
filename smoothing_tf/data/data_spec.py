"""The facts about a data set that a run stores."""

import dataclasses
from typing import Any

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.standardization import Standardization

# Facts that are only stored where there are any; earlier versions have none of them.
_OPTIONAL = ("standardization",)


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
    """

    name: str
    kind: str
    event_shape: tuple[int, ...]
    num_levels: int | None
    class_names: tuple[str, ...] | None = None
    standardization: Standardization | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> "DataSpec":
        """Extracts the facts about an open data set."""
        names = dataset.source.class_names
        return cls(
            name=dataset.name,
            kind=_kind(dataset.num_levels),
            event_shape=tuple(int(size) for size in dataset.event_shape),
            num_levels=None if dataset.num_levels is None else int(dataset.num_levels),
            class_names=None if names is None else tuple(names),
            standardization=dataset.standardization,
        )

    @classmethod
    def from_json(cls, value: Any) -> "DataSpec":
        """Inverts `to_json`.

        Raises:
          ValueError: the value does not have that form.
        """
        names = {field.name for field in dataclasses.fields(cls)} - {*_OPTIONAL}
        if not isinstance(value, dict) or value.keys() - {*_OPTIONAL} != names:
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
        return cls(
            **value
            | {
                "standardization": scale,
                "event_shape": tuple(shape),
                "class_names": None if classes is None else tuple(classes),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Converts the facts to plain lists, strings and numbers."""
        value = dataclasses.asdict(self)
        value["event_shape"] = list(self.event_shape)
        value["class_names"] = self.class_names and list(self.class_names)
        del value["standardization"]
        if self.standardization is not None:
            value["standardization"] = self.standardization.to_json()
        return value

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


def _kind(num_levels: int | None) -> str:
    return "vectors" if num_levels is None else "images"
