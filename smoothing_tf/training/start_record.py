"""The record of a stage's first optimizer step."""

import json
import pathlib
from typing import Any

from smoothing_tf import artifacts
from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.training_config import TrainingConfig

START_FILE = "started.json"
# Settings that may change when a stage resumes although they affect its weights.
CHANGEABLE = ("learning_rate", "learning_rate_decay", "clip_norm")


class StartRecord:
    """The file started.json in the directory of a stage.

    It is written once, after the first call of compiled steps. From then on the
    configuration of the stage is fixed; before, nothing in its directory depends on
    the configuration. It holds the loss of the first step, and the first values of the
    settings that may change later; the history records the changes.

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
        """Makes the history rows of the settings that change after `step`.

        Args:
          config: settings of the steps to come.
          earlier: the changes that the history already records.
          step: the step at which training resumes.
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
            return {}  # The file is missing (older version) or damaged.
        return record if isinstance(record, dict) else {}
