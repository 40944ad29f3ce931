"""Results of an experiment: tables and figures, and the criteria they must meet."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from smoothing_tf.evaluation.rounding import with_error

# A line of a table: column -> value.
TableRow = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Criterion:
    """A requirement on a measured value.

    Attributes:
      name: name of the measured quantity.
      value: measured value.
      minimum: smallest acceptable value, or None.
      maximum: largest acceptable value, or None.
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
        """Formats the criterion as one line that begins with the verdict."""
        limits = [
            f"{words} {_format(limit)}"
            for words, limit in (("at least", self.minimum), ("at most", self.maximum))
            if limit is not None
        ]
        verdict = "holds" if self.holds else "FAILS"
        return f"{verdict}: {self.name}: {_format(self.value)} ({', '.join(limits)})"


@dataclasses.dataclass(frozen=True)
class Measurement:
    """A measured value with its standard error.

    Attributes:
      value: measured value.
      error: standard error of the value, or None if it has none.
      is_bound: whether the value is an upper bound on the quantity.
      n: number of independent values that were averaged, or None.
    """

    value: float
    error: float | None = None
    is_bound: bool = False
    n: int | None = None

    def to_text(self) -> str:
        """Formats the value as in "<= 1.736 +- 0.016".

        Only the digits that the error supports are shown.
        """
        at_most = "<= " if self.is_bound else ""
        if self.error is None or not math.isfinite(self.error):
            return at_most + _format(self.value)
        return at_most + with_error(self.value, self.error)

    @classmethod
    def of_mean(
        cls, values: Sequence[float], *, is_bound: bool = False
    ) -> "Measurement":
        """Averages independent values [n]; a single value has no error."""
        n = len(values)
        error = float(np.std(values, ddof=1) / math.sqrt(n)) if n > 1 else None
        return cls(float(np.mean(values)), error, is_bound, n)


def column_names(rows: Iterable[TableRow]) -> tuple[str, ...]:
    """Lists the columns that occur in any row, in order of first appearance."""
    return tuple(dict.fromkeys(name for row in rows for name in row))


@dataclasses.dataclass(frozen=True)
class Table:
    """Results in rows and named columns.

    Attributes:
      title: title of the table.
      columns: names of the columns.
      rows: lines of the table. A missing value is left blank; a value with a standard
        error is a `Measurement`.
      notes: sentences below the table, e.g. about units and methods.
      criteria: requirements on the results.
      directions: column -> "lower is better" or "higher is better", for columns with a
        direction.

    Raises:
      ValueError: `directions` has a column that the table lacks.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
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
        """The notes, followed by a sentence for each direction."""
        columns_by_direction: dict[str, list[str]] = {}
        for column, direction in self.directions.items():
            columns_by_direction.setdefault(direction, []).append(column)
        return self.notes + tuple(
            f"{direction.capitalize()}: {', '.join(columns)}."
            for direction, columns in columns_by_direction.items()
        )

    @property
    def numeric_columns(self) -> tuple[str, ...]:
        """The columns that hold only numbers and blanks."""
        return tuple(
            column
            for column in self.columns
            if all(isinstance(row.get(column), _NUMBER) for row in self.rows)
        )

    def text_rows(self) -> list[dict[str, str]]:
        """Formats every row as column -> text."""
        return [
            {column: _format(row.get(column)) for column in self.columns}
            for row in self.rows
        ]

    def to_text(self) -> str:
        """Formats the table in fixed-width columns, for a terminal."""
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
        """Converts the table to plain JSON values."""
        criteria = [
            {**dataclasses.asdict(criterion), "holds": criterion.holds}
            for criterion in self.criteria
        ]
        return {**dataclasses.asdict(self), "criteria": criteria}


@dataclasses.dataclass(frozen=True)
class Result:
    """Tables and figures of an experiment, by file name without suffix.

    Attributes:
      tables: name -> table, written as NAME.json; the main table is called "table".
      figures: name -> PNG, written as NAME.png; the main figure is called "figure".
      captions: name of a figure -> caption of one or two sentences.
    """

    tables: dict[str, Table]
    figures: dict[str, bytes]
    captions: dict[str, str] = dataclasses.field(default_factory=dict)


# Values of a right-aligned column; a missing value counts as one.
_NUMBER = int | float | Measurement | None


def _format(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Measurement):
        return value.to_text()
    return f"{value:.4f}" if isinstance(value, float) else str(value)
