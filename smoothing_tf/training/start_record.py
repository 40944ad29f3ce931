"""The record that a stage has taken its first optimizer step."""

import json
import pathlib
from typing import Any

from smoothing_tf import artifacts
from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.training_config import TrainingConfig

START_FILE = "started.json"
# Settings that may change when a stage resumes and that change its weights.
CHANGEABLE = ("learning_rate", "learning_rate_decay", "clip_norm")


class StartRecord:
    """started.json in the directory of a stage.

    It is written once, after the first call of the training steps. From then on the
    configuration of the stage is fixed; before, nothing in its directory depends on
    the configuration. It holds the settings that may change later, with their first
    values (the history has the changes), and the loss of the first step.

    Args:
      directory: the stage's directory.
    """

    def __init__(self, directory: artifacts.Path):
        self._directory = pathlib.Path(directory)
        self.path = self._directory / START_FILE

    def exists(self) -> bool:
        """Whether an optimizer step has been taken, or weights were imported."""
        return self.path.exists() or bool(CheckpointFiles(self._directory).steps())

    def write(self, config: TrainingConfig, first_nats: float | None) -> None:
        """Writes the record, unless there is one.

        Args:
          config: settings of the first steps.
          first_nats: the loss of step 1, nats per example, or None if unknown.
        """
        if not self.path.exists():
            settings = {name: getattr(config, name) for name in CHANGEABLE}
            artifacts.write_json(self.path, settings | {"first_nats": first_nats})

    @property
    def first_nats(self) -> float | None:
        """The loss of step 1, nats per example, or None if unknown."""
        return self._read().get("first_nats")

    def changes(
        self, config: TrainingConfig, earlier: list[dict[str, Any]], step: int
    ) -> list[dict[str, Any]]:
        """Rows of the history for the settings that change after `step`.

        Args:
          config: settings of the steps to come.
          earlier: the changes that are in the history.
          step: the step that is resumed from.
        """
        settings = {k: v for k, v in self._read().items() if k in CHANGEABLE}
        for row in earlier:
            if row["step"] <= step:
                settings[row["flag"]] = row["new"]
        return [
            {"step": step, "flag": name, "old": old, "new": getattr(config, name)}
            for name, old in settings.items()
            if name in CHANGEABLE and old != getattr(config, name)
        ]

    def _read(self) -> dict[str, Any]:
        try:
            record = json.loads(self.path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}  # Of an older version, or damaged: its values are unknown.
        return record if isinstance(record, dict) else {}
