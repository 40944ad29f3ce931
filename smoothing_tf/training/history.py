"""The training curve as a file with one JSON object per line."""

import json
import math
import pathlib
import sys
from typing import Any, NamedTuple

from smoothing_tf import artifacts

HISTORY_FILE = "history.jsonl"
# Keys of a row about a changed setting.
_CHANGE_KEYS = {"step", "flag", "old", "new"}


class History:
    """Rows of the training curve; an interrupted run ends with the same ones.

    A row is {"step", "train_nats"}, after a validation also "validation_nats": mean
    negative log-likelihoods per example, for images also "*_bits_per_dim". Rows are
    written before the checkpoint of their step, so that all rows up to a restored step
    exist; `truncate` drops later ones, which are written again.

    A row {"step", "flag", "old", "new"} says that the steps after "step" were taken
    with another value of a setting. It does not belong to the curve.

    Lines that cannot be read are skipped, with one line on stderr.

    Args:
      directory: the stage's directory.
    """

    def __init__(self, directory: artifacts.Path):
        self.path = pathlib.Path(directory) / HISTORY_FILE
        self._has_warned = False

    def append(self, row: dict[str, Any]) -> None:
        """Adds a row.

        Raises:
          ValueError: a value is NaN or infinite.
        """
        line = json.dumps(row, allow_nan=False) + "\n"
        with self.path.open("a") as file:
            file.write(line)

    def rows(self) -> list[dict[str, float]]:
        """The rows of the curve, in the order in which they were written."""
        return [line.row for line in self._read() if "flag" not in line.row]

    def changes(self) -> list[dict[str, Any]]:
        """The changes of settings, in the order in which they were made."""
        return [line.row for line in self._read() if "flag" in line.row]

    def truncate(self, step: int) -> None:
        """Drops the rows after `step`, and lines that cannot be read."""
        kept = [line.text for line in self._read() if line.row["step"] <= step]
        artifacts.write_text(self.path, "".join(f"{text}\n" for text in kept))

    def _read(self) -> list["_Line"]:
        if not self.path.exists():
            return []
        texts = self.path.read_bytes().split(b"\n")
        lines, unreadable = [], []
        for number, text in enumerate(texts, start=1):
            row = _parse(text)
            if row is not None:
                lines.append(_Line(row, text.decode()))
            elif number < len(texts):
                # A kill during a write leaves a last line without its end, which is
                # not reported.
                unreadable.append(str(number))
        if unreadable and not self._has_warned:
            self._has_warned = True
            what = "line" if len(unreadable) == 1 else "lines"
            print(
                f"{self.path}: {what} {', '.join(unreadable)} cannot be read and"
                " will be missing from the curve.",
                file=sys.stderr,
            )
        return lines


class _Line(NamedTuple):
    row: dict[str, Any]
    text: str


def _parse(text: bytes) -> dict[str, Any] | None:
    """Parses a line; returns None if it is damaged."""
    try:
        row = json.loads(text)
    except ValueError:
        return None
    if not isinstance(row, dict) or type(row.get("step")) is not int:
        return None
    if row.keys() == _CHANGE_KEYS:
        return row
    is_curve = all(
        isinstance(value, int | float) and math.isfinite(value)
        for value in row.values()
    )
    return row if is_curve else None
