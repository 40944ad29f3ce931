"""The result of an experiment: a table, with what it is compared to."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from smoothing_tf.evaluation.rounding import with_error


@dataclasses.dataclass(frozen=True)
class Criterion:
    """A number that an experiment must reach.

    Attributes:
      name: what is measured.
      value: what was found.
      minimum: smallest value that will do, or None.
      maximum: largest value that will do, or None.
    """

    name: str
    value: float
    minimum: float | None = None
    maximum: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the value is within its limits."""
        return (self.minimum is None or self.value >= self.minimum) and (
            self.maximum is None or self.value <= self.maximum
        )

    def to_text(self) -> str:
        """One line with a verdict."""
        limits = [
            f"{words} {_text(limit)}"
            for words, limit in (("at least", self.minimum), ("at most", self.maximum))
            if limit is not None
        ]
        verdict = "holds" if self.holds else "FAILS"
        return f"{verdict}: {self.name}: {_text(self.value)} ({', '.join(limits)})"


@dataclasses.dataclass(frozen=True)
class Measurement:
    """A number with its standard error.

    Attributes:
      value: what was found.
      error: its standard error; None where there is none.
      is_bound: whether the true value is at most so large.
      n: number of independent values that it is the mean of, or None.
    """

    value: float
    error: float | None = None
    is_bound: bool = False
    n: int | None = None

    def to_text(self) -> str:
        """E.g. "<= 1.736 +- 0.016", with the digits that the error supports."""
        at_most = "<= " if self.is_bound else ""
        if self.error is None or not math.isfinite(self.error):
            return at_most + _text(self.value)
        return at_most + with_error(self.value, self.error)

    @classmethod
    def of_mean(
        cls, values: Sequence[float], *, is_bound: bool = False
    ) -> "Measurement":
        """The mean of independent values [n]; that of a single one has no error."""
        n = len(values)
        error = float(np.std(values, ddof=1) / math.sqrt(n)) if n > 1 else None
        return cls(float(np.mean(values)), error, is_bound, n)


def columns_of(rows: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Names of all columns of some rows, in the order in which they come up."""
    return tuple(dict.fromkeys(name for row in rows for name in row))


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of results under named columns.

    Attributes:
      title: what the rows are of.
      columns: names of the columns; a row maps them to a value, a missing one is
        left blank.
      rows: one dict each; a number with an error is a `Measurement`.
      notes: sentences below the table: units, how it was made.
      criteria: what the experiment must reach.
      directions: column -> "lower is better" or "higher is better", where one is.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    directions: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        unknown = [name for name in self.directions if name not in self.columns]
        if unknown:
            raise ValueError(
                f"`directions` must name columns of the table; got {unknown[0]!r}."
            )

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes, and a sentence for each direction."""
        columns: dict[str, list[str]] = {}
        for column, direction in self.directions.items():
            columns.setdefault(direction, []).append(column)
        return self.notes + tuple(
            f"{direction.capitalize()}: {', '.join(names)}."
            for direction, names in columns.items()
        )

    @property
    def numeric_columns(self) -> tuple[str, ...]:
        """The columns that hold nothing but numbers, and blanks."""
        return tuple(
            column
            for column in self.columns
            if all(isinstance(row.get(column), _NUMBER) for row in self.rows)
        )

    def text_rows(self) -> list[dict[str, str]]:
        """Every row as column -> text."""
        return [
            {column: _text(row.get(column)) for column in self.columns}
            for row in self.rows
        ]

    def to_text(self) -> str:
        """The table in fixed width, for a terminal."""
        numeric = self.numeric_columns
        rows = [{column: column for column in self.columns}, *self.text_rows()]
        widths = {
            column: max(len(row[column]) for row in rows) for column in self.columns
        }
        lines = [
            "  ".join(
                text.rjust(widths[column])
                if column in numeric
                else text.ljust(widths[column])
                for column, text in row.items()
            )
            for row in rows
        ]
        lines.insert(1, "  ".join("-" * width for width in widths.values()))
        below = [*self.all_notes, *(criterion.to_text() for criterion in self.criteria)]
        return "\n".join([self.title, "", *map(str.rstrip, lines), "", *below])

    def to_json(self) -> dict[str, Any]:
        """The table as plain values for JSON."""
        criteria = [
            {**dataclasses.asdict(criterion), "holds": criterion.holds}
            for criterion in self.criteria
        ]
        return {**dataclasses.asdict(self), "criteria": criteria}


# What is set flush right; a missing value, too.
_NUMBER = int | float | Measurement | None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Measurement):
        return value.to_text()
    return f"{value:.4f}" if isinstance(value, float) else str(value)
