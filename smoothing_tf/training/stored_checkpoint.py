"""Reads one checkpoint, or finds out that it is damaged."""

import contextlib
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

Variable: TypeAlias = keras.Variable | tf.Variable


class DamagedCheckpointError(ValueError):
    """A checkpoint's files are missing, cut or changed; the message says how."""


class StoredCheckpoint:
    """The content of a checkpoint, as arrays.

    TensorFlow stores a checksum with every tensor and with every block of the index,
    and verifies it on reading.

    Args:
      path: path of the checkpoint, without the suffixes of its files.

    Raises:
      DamagedCheckpointError: the index is missing or damaged.
      OSError: a file cannot be read for another reason, e.g. its permissions.
    """

    def __init__(self, path: pathlib.Path):
        self._path = path
        for file in path.parent.glob(f"{path.name}.*"):
            if file.exists() and not file.is_file():
                # Opening a named pipe would block.
                raise DamagedCheckpointError(f"{file.name} is not a regular file")
            with contextlib.suppress(FileNotFoundError), file.open("rb"):
                pass  # An unreadable file raises its own error: it is not damaged.
        index = path.with_name(f"{path.name}.index")
        if not index.exists():
            raise DamagedCheckpointError(f"{index.name} is missing")
        with _report_damage():
            self._reader = tf.train.load_checkpoint(str(path))
            self._shapes = self._reader.get_variable_to_shape_map()

    def read(
        self, groups: Mapping[str, Sequence[Variable]]
    ) -> tuple[int, dict[str, list[np.ndarray]]]:
        """Reads the step and the values of some groups of variables.

        Args:
          groups: name -> variables, which give the number and the shapes.

        Returns:
          (step, name -> values in the order of the variables).

        Raises:
          ValueError: the checkpoint belongs to another model; the message names the
            difference.
          DamagedCheckpointError: a file is missing or damaged, or its name does not
            match its step.
        """
        for name, variables in groups.items():
            self._check_shapes(name, variables)
        # Reads everything, so that training and sampling agree on what is damaged.
        with _report_damage():
            for key in self._shapes:
                self._reader.get_tensor(key)
        values = {
            name: [self._value(f"{name}/{index}") for index in range(len(variables))]
            for name, variables in groups.items()
        }
        step = int(self._value("step"))
        if self._path.name != f"ckpt-{step}":
            # It was renamed, and would hide later checkpoints under this name.
            raise DamagedCheckpointError(f"it holds the state of step {step}")
        return step, values

    def _value(self, key: str) -> np.ndarray:
        with _report_damage():
            return self._reader.get_tensor(f"{key}/.ATTRIBUTES/VARIABLE_VALUE")

    def _check_shapes(self, group: str, variables: Sequence[Variable]) -> None:
        stored = {
            int(name.split("/")[1]): shape
            for name, shape in self._shapes.items()
            if name.startswith(f"{group}/")
        }
        what = f"The checkpoint {self._path} does not fit the configured model:"
        advice = "Use the configuration it was trained with, or another directory."
        for index, variable in enumerate(variables):
            name = getattr(variable, "path", variable.name)
            if index in stored and stored[index] != list(variable.shape):
                raise ValueError(
                    f"{what} it has shape {stored[index]} where the model's {group}"
                    f" `{name}` has {list(variable.shape)}. {advice}"
                )
        if len(stored) != len(variables):
            raise ValueError(
                f"{what} it has {len(stored)} variables in its {group}, the model has"
                f" {len(variables)}. {advice}"
            )


@contextlib.contextmanager
def _report_damage() -> Iterator[None]:
    try:
        yield
    except (tf.errors.OpError, RuntimeError, IndexError, ValueError) as error:
        reason = (str(error).splitlines() or ["it cannot be read"])[0]
        raise DamagedCheckpointError(reason) from error
