"""The training curve on disk: one JSON object per line."""

import json
import pathlib

from smoothing_tf import artifacts

HISTORY_FILE = "history.jsonl"


class History:
    """Append-only rows, the same after a kill and a resumption as without.

    A row is {"step", "train_nats", and where it was validated "validation_nats"},
    each the mean negative log-likelihood per example, for images also
    "*_bits_per_dim". Rows are written before the checkpoint of their step, so
    that rows up to a restored step are all there; later ones are cut off by
    `truncate` and come again.

    Args:
      directory: the stage's directory.
    """

    def __init__(self, directory: artifacts.Path):
        self.path = pathlib.Path(directory) / HISTORY_FILE

    def append(self, row: dict[str, float]) -> None:
        """Adds a row.

        Raises:
          ValueError: a value is NaN or infinite.
        """
        with self.path.open("a") as file:
            file.write(json.dumps(row, allow_nan=False) + "\n")

    def rows(self) -> list[dict[str, float]]:
        """All complete rows, in order of their steps."""
        if not self.path.exists():
            return []
        # A kill in the middle of a write leaves a last line without its end.
        lines = self.path.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def truncate(self, step: int) -> None:
        """Drops the rows after `step`, and a half-written one."""
        kept = [row for row in self.rows() if row["step"] <= step]
        artifacts.write_text(self.path, "".join(json.dumps(row) + "\n" for row in kept))
