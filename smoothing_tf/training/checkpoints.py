"""Saves and restores the state of training, and loads the averaged weights."""

import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.stored_checkpoint import (
    DamagedCheckpointError,
    StoredCheckpoint,
    Variable,
)


class Checkpoints:
    """The newest two states of training, in `directory`/checkpoints.

    Variables are stored as lists, so that a checkpoint does not depend on the names
    that Keras numbers per process, and an error can name the variable that does not
    fit. Checkpoints are found by their files. A checkpoint is complete before it gets
    its name, so that a kill at any moment leaves the previous one; if one is damaged
    later, the previous one is used.

    Args:
      directory: the stage's directory.
      groups: name -> variables to save and restore, in a fixed order.
      step: the step counter, which is saved as well.
    """

    def __init__(
        self,
        directory: artifacts.Path,
        groups: Mapping[str, Sequence[Variable]],
        step: keras.Variable,
    ):
        self._groups = groups
        self._step = step
        self._checkpoint = tf.train.Checkpoint(
            step=step.value,
            **{name: _native(variables) for name, variables in groups.items()},
        )
        self.files = CheckpointFiles(directory)
        # The step last restored or saved: its checkpoint is complete.
        self._previous: int | None = None

    @property
    def latest(self) -> str | None:
        """Path of the checkpoint last restored or saved, or None."""
        if self._previous is None:
            return None
        return str(self.files.path(self._previous))

    def restore(self, before: int | None = None) -> bool:
        """Restores the newest checkpoint that can be read.

        Args:
          before: only consider checkpoints of earlier steps than this.

        Returns:
          Whether there is one.

        Raises:
          ValueError: it belongs to another model, or all checkpoints are damaged.
        """
        self._previous = None
        found = _read_newest(self.files, self._groups, before)
        if found is None:
            return False
        for name, variables in self._groups.items():
            for variable, value in zip(
                _native(variables), found.values[name], strict=True
            ):
                variable.assign(value)
        self._step.value.assign(found.step)
        self._previous = found.step
        return True

    def save(self, step: int) -> None:
        """Writes the state at `step`, and keeps only the previous checkpoint."""
        self.files.write(self._checkpoint, step)
        previous = self._previous if self._previous != step else None
        if previous is None:
            # Nothing was restored or saved yet, so a checkpoint that exists is kept.
            previous = next((s for s in self.files.steps() if s < step), None)
        self._previous = step
        self.files.remove_older(step, keep=previous)
        self.files.write_list([s for s in (previous, step) if s is not None])


def restore_stage(model: DensityModel, directory: artifacts.Path) -> int:
    """Loads the averaged weights of the newest checkpoint that can be read.

    Args:
      model: a model of the same configuration as the trained one.
      directory: the stage's directory.

    Returns:
      The step of the checkpoint.

    Raises:
      FileNotFoundError: there is no checkpoint.
      ValueError: it belongs to another model, or all checkpoints are damaged.
    """
    files = CheckpointFiles(directory)
    found = _read_newest(files, {"averaged": model.weights})
    if found is None:
        raise FileNotFoundError(
            f"No checkpoint in {files.directory}; train this stage first:"
            f" python -m smoothing_tf.train --stages={pathlib.Path(directory).name}."
        )
    for variable, value in zip(model.weights, found.values["averaged"], strict=True):
        variable.assign(value)
    return found.step


def newest_step(directory: artifacts.Path) -> int | None:
    """Finds the step of the newest checkpoint that can be opened, or None."""
    files = CheckpointFiles(directory)
    for step in files.steps():
        try:
            return StoredCheckpoint(files.path(step)).read({})[0]
        except DamagedCheckpointError:
            continue
    return None


def _native(variables: Sequence[Variable]) -> list[tf.Variable]:
    return [v.value if isinstance(v, keras.Variable) else v for v in variables]


class _Found(NamedTuple):
    step: int
    values: dict[str, list[np.ndarray]]


def _read_newest(
    files: CheckpointFiles,
    groups: Mapping[str, Sequence[Variable]],
    before: int | None = None,
) -> _Found | None:
    """Reads the newest checkpoint that can be read; None if there is no checkpoint."""

    def candidates():
        return [s for s in files.steps() if before is None or s < before]

    steps = candidates()
    while steps:
        damaged = {}
        for step in steps:
            try:
                found = _Found(*StoredCheckpoint(files.path(step)).read(groups))
            except DamagedCheckpointError as error:
                damaged[step] = f"{files.path(step)}: {str(error).rstrip('.')}"
                continue
            for line in damaged.values():
                print(
                    f"Damaged checkpoint {line}. Using {files.path(step).name}.",
                    file=sys.stderr,
                )
            return found
        # A training process may have replaced all of them in the meantime.
        if candidates() == steps:
            if before is not None:
                return None
            raise ValueError(
                f"No checkpoint in {files.directory} can be read: "
                f"{'; '.join(damaged.values())}. Nothing was changed. Restore the files"
                " from a copy, or train in another directory."
            )
        steps = candidates()
    return None
