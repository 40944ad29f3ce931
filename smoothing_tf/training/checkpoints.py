"""Checkpoints of one stage: writing, resuming, loading the averaged weights."""

import contextlib
import pathlib
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.models.density_model import DensityModel

CHECKPOINT_DIRECTORY = "checkpoints"

Variable = keras.Variable | tf.Variable


class Checkpoints:
    """The newest two states of training, in `directory`/checkpoints.

    Variables are stored as lists, so that a checkpoint does not depend on the
    names that Keras numbers per process, and what differs from a model can be
    named. A file is complete before the list of checkpoints names it: a kill at
    any moment leaves the previous one.

    Args:
      directory: the stage's directory.
      groups: name -> variables to save and restore, in a fixed order.
      step: the step counter, saved too.
    """

    def __init__(
        self,
        directory: artifacts.Path,
        groups: dict[str, Sequence[Variable]],
        step: keras.Variable,
    ):
        self._groups = groups
        checkpoint = tf.train.Checkpoint(
            step=step.value,
            **{name: _native(variables) for name, variables in groups.items()},
        )
        path = artifacts.make_directory(pathlib.Path(directory) / CHECKPOINT_DIRECTORY)
        self._manager = tf.train.CheckpointManager(checkpoint, str(path), max_to_keep=2)

    @property
    def latest(self) -> str | None:
        """Path of the newest checkpoint, or None."""
        return self._manager.latest_checkpoint

    def restore(self) -> None:
        """Restores the newest checkpoint where there is one.

        Raises:
          ValueError: it is of another model, or unreadable.
        """
        if self.latest is None:
            return
        stored = _StoredCheckpoint(self.latest)
        for name, variables in self._groups.items():
            stored.check_shapes(name, variables)
        with _reading(self.latest):
            self._manager.checkpoint.restore(self.latest).assert_consumed()

    def save(self, step: int) -> None:
        """Writes the state at `step`."""
        self._manager.save(checkpoint_number=step)


def restore_stage(model: DensityModel, directory: artifacts.Path) -> int:
    """Gives `model` the averaged weights of the newest checkpoint.

    Args:
      model: a model of the same configuration as the trained one.
      directory: the stage's directory.

    Returns:
      The step of the checkpoint.

    Raises:
      FileNotFoundError: there is no checkpoint.
      ValueError: it is of another model, or unreadable.
    """
    directory = pathlib.Path(directory)
    path = tf.train.latest_checkpoint(str(directory / CHECKPOINT_DIRECTORY))
    if path is None:
        raise FileNotFoundError(
            f"No checkpoint in {directory / CHECKPOINT_DIRECTORY}; train this stage"
            f" first: python -m smoothing_tf.train --stages={directory.name}."
        )
    stored = _StoredCheckpoint(path)
    stored.check_shapes("averaged", model.weights)
    for index, variable in enumerate(model.weights):
        variable.assign(stored.value(f"averaged/{index}"))
    return int(stored.value("step"))


def _native(variables: Sequence[Variable]) -> list[tf.Variable]:
    return [v.value if isinstance(v, keras.Variable) else v for v in variables]


@contextlib.contextmanager
def _reading(path: str) -> Iterator[None]:
    """Turns TensorFlow's errors on a damaged file into one line."""
    try:
        yield
    except (tf.errors.OpError, RuntimeError, IndexError) as error:
        raise ValueError(
            f"The checkpoint {path} must be readable; got"
            f" {str(error).splitlines()[0]!r}. Remove the stage's directory to train"
            " it anew."
        ) from error


class _StoredCheckpoint:
    """What a checkpoint file holds, before any of it is restored.

    Args:
      path: of the checkpoint, without the endings of its files.

    Raises:
      ValueError: a file is damaged.
    """

    def __init__(self, path: str):
        self._path = path
        with _reading(path):
            self._reader = tf.train.load_checkpoint(path)

    def value(self, key: str) -> np.ndarray:
        """One stored value, e.g. of "averaged/0"."""
        with _reading(self._path):
            return self._reader.get_tensor(f"{key}/.ATTRIBUTES/VARIABLE_VALUE")

    def check_shapes(self, group: str, variables: Sequence[Variable]) -> None:
        """Compares the stored group with `variables`.

        Raises:
          ValueError: naming the first that differs.
        """
        stored = {
            int(name.split("/")[1]): shape
            for name, shape in self._reader.get_variable_to_shape_map().items()
            if name.startswith(f"{group}/")
        }
        must = f"The checkpoint {self._path} must be of the configured model;"
        advice = "Use the configuration it was trained with, or another directory."
        for index, variable in enumerate(variables):
            name = getattr(variable, "path", variable.name)
            if index in stored and stored[index] != list(variable.shape):
                raise ValueError(
                    f"{must} it has shape {stored[index]} where the model's {group}"
                    f" `{name}` has {list(variable.shape)}. {advice}"
                )
        if len(stored) != len(variables):
            raise ValueError(
                f"{must} it has {len(stored)} variables in its {group}, the model has"
                f" {len(variables)}. {advice}"
            )
