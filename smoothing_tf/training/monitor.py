"""Shows the progress of training: a progress bar and TensorBoard."""

import math
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf import artifacts
from smoothing_tf.data.channels import show_channels
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.numerics import nats_to_bits_per_dim, unit_to_uint8
from smoothing_tf.training.stage_trainer import StepResults

TENSORBOARD_DIRECTORY = "tensorboard"


class Monitor:
    """Shows losses in the unit of the data: bits per dimension, or nats.

    TensorFlow's event writer cannot purge: after a kill, the points between checkpoint
    and kill are written twice, with equal values; `history.jsonl` is the exact record.

    Args:
      stage: name of the stage.
      dataset: the data set.
      directory: the stage's directory.
      start_step: step at which this run starts.
      num_steps: step at which this run ends.
      progress: whether to show the bar, on stderr.
      is_chief: whether this process shows and writes anything.
    """

    def __init__(
        self,
        stage: str,
        dataset: Dataset,
        directory: artifacts.Path,
        *,
        start_step: int,
        num_steps: int,
        progress: bool,
        is_chief: bool = True,
    ):
        self._stage = stage
        self._is_chief = is_chief
        self._num_levels = dataset.num_levels
        self._num_dims = math.prod(dataset.event_shape)
        is_continuous = dataset.num_levels is None
        self._name = "nats" if is_continuous else "bits_per_dim"
        self._unit = "nats" if is_continuous else "bits/dim"
        path = pathlib.Path(directory) / TENSORBOARD_DIRECTORY
        self._writer = (
            tf.summary.create_file_writer(str(path))
            if is_chief
            else tf.summary.create_noop_writer()
        )
        self._bar = tqdm.tqdm(
            total=num_steps,
            initial=start_step,
            desc=stage,
            unit="step",
            file=sys.stderr,
            disable=not (progress and is_chief),
            dynamic_ncols=True,
        )
        # The first call takes much longer than the others: it builds the graph.
        self._bar.set_postfix_str("first call: compiling")
        self._examples, self._seconds = 0, 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._bar.close()
        self._writer.close()

    def display(self, nats: float) -> float:
        """Converts nats per example to the unit of the data."""
        if self._num_levels is None:
            return nats
        return nats_to_bits_per_dim(nats, self._num_dims)

    def advance(self, results: StepResults, batch_size: int) -> None:
        """Moves the bar after a call."""
        num_steps = len(results.nats)
        self._examples += num_steps * batch_size
        self._seconds += results.seconds
        self._bar.set_postfix_str(
            f"{self.display(results.nats[-1]):.3f} {self._unit}", refresh=False
        )
        self._bar.update(num_steps)

    def train_point(
        self, step: int, nats: float, learning_rate: float, gradient_norm: float
    ) -> None:
        """Writes a point of the training curve to TensorBoard."""
        self._scalars(
            step,
            {
                f"train/{self._name}": self.display(nats),
                "train/learning_rate": learning_rate,
                "train/gradient_norm": gradient_norm,
                "train/examples_per_second": self._examples / self._seconds,
            },
        )
        self._examples, self._seconds = 0, 0.0

    def validation_point(self, step: int, nats: float, num_examples: int) -> None:
        """Writes a validation to TensorBoard and prints its line."""
        value = self.display(nats)
        self._scalars(step, {f"validation/{self._name}": value})
        self.say(
            f"{self._stage}: step {step}: validation {value:.4f} {self._unit}"
            f" ({num_examples} examples, averaged weights)"
        )

    def picture(self, step: int, rows: list[tuple[tf.Tensor, bool]]) -> None:
        """Writes one picture: a row per array of images.

        Args:
          step: the step that the images belong to.
          rows: (float images on [-1, 1] of shape [n, h, w, c], whether they hold
            exact levels of the data).
        """
        strips = []
        for x, is_levels in rows:
            levels = unit_to_uint8(x, self._num_levels if is_levels else None)
            strips.append(np.concatenate(show_channels(levels.numpy()), axis=1))
        with self._writer.as_default(step=step):
            tf.summary.image("samples", np.concatenate(strips, axis=0)[np.newaxis])

    def go_back(self, step: int, line: str) -> None:
        """Moves the bar back, and prints why even where there is no bar."""
        if self._is_chief:
            tqdm.tqdm.write(line, file=sys.stderr)
        self._bar.n = step
        self._bar.refresh()

    def say(self, line: str) -> None:
        """Prints a line above the bar."""
        if not self._bar.disable:
            tqdm.tqdm.write(line, file=sys.stderr)

    def flush(self) -> None:
        """Writes everything so far to disk."""
        self._writer.flush()

    def _scalars(self, step: int, values: dict[str, float]) -> None:
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
