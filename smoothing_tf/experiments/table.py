"""The result of an experiment: a table, with what it is compared to."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of results under named columns.

    Attributes:
      title: what the rows are of.
      columns: names of the columns; a row maps them to a value, a missing one is
        left blank.
      rows: one dict each.
      notes: sentences below the table: criteria, units, how it was made.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...] = ()

    def to_text(self) -> str:
        """The table in fixed width, for a terminal."""
        cells = [list(self.columns)] + [
            [_text(row.get(column)) for column in self.columns] for row in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=True)
            )
            for row in cells
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([self.title, "", *map(str.rstrip, lines), "", *self.notes])

    def to_json(self) -> dict[str, Any]:
        """The table as plain values for JSON."""
        return dataclasses.asdict(self)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)
