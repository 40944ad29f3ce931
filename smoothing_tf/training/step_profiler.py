"""Profiles some steps of a training for TensorBoard."""

import contextlib
import pathlib
from collections.abc import Iterator

import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.training.monitor import TENSORBOARD_DIRECTORY, Monitor
from smoothing_tf.training.training_config import TrainingConfig


class StepProfiler:
    """Writes one profile of the steps that `profile_steps` names.

    The profile is in the directory tensorboard/plugins/profile/TIME of the stage. A
    training that stops before the last of the steps, or goes back, writes what it has,
    and when it comes to such steps again, another profile of them.

    Args:
      stage: name of the stage.
      config: settings of the training.
      directory: the stage's directory.
      is_chief: whether this process writes; others profile nothing.
    """

    def __init__(
        self,
        stage: str,
        config: TrainingConfig,
        directory: artifacts.Path,
        *,
        is_chief: bool,
    ):
        self._stage = stage
        self._steps = config.profiled_steps if is_chief else range(0)
        self._directory = pathlib.Path(directory) / TENSORBOARD_DIRECTORY
        # The first and the last step of the open profile; None if there is none.
        self._open: tuple[int, int] | None = None

    @contextlib.contextmanager
    def step(self, step: int, monitor: Monitor) -> Iterator[None]:
        """Profiles a call of one step, if it is one of the steps; starts and ends.

        Args:
          step: number of the step, from 1.
          monitor: monitor that says where the profile is.
        """
        if step not in self._steps:
            yield
            return
        if self._open is None:
            artifacts.make_directory(self._directory)
            tf.profiler.experimental.start(str(self._directory))
            self._open = (step, step)
        # TensorBoard groups what happens by these names and numbers.
        with tf.profiler.experimental.Trace("train", step_num=step, _r=1):
            yield
        self._open = (self._open[0], step)
        if step == self._steps[-1]:
            self.close(monitor)

    def close(self, monitor: Monitor) -> None:
        """Writes the profile of the steps so far, if there are any.

        Args:
          monitor: monitor that says where the profile is.
        """
        if self._open is None:
            return
        first, last = self._open
        self._open = None
        tf.profiler.experimental.stop()
        monitor.say(
            f"{self._stage}: wrote a profile of steps {first} to {last} below"
            f" {self._directory}."
        )
