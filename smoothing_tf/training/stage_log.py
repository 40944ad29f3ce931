"""Records of training: rows of the history, points and pictures of TensorBoard."""

import math

import tensorflow as tf

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.models.condition import Condition
from smoothing_tf.numerics import nats_to_bits_per_dim
from smoothing_tf.seeds import derive_seed
from smoothing_tf.stage import Stage
from smoothing_tf.training.batches import Validation
from smoothing_tf.training.monitor import Monitor
from smoothing_tf.training.stage_trainer import StageTrainer

_NUM_PICTURES = 8


def make_window() -> tf.Variable:
    """Makes a variable for the sum and number of losses since the last history row.

    It is saved in checkpoints, so that a row that spans an interruption is the mean of
    all its steps.
    """
    return tf.Variable([0.0, 0.0], dtype=tf.float64)


class StageLog:
    """Rows of the history, points and pictures of TensorBoard.

    Args:
      stage: name of the stage.
      trainer: the stage's trainer.
      dataset: the data set.
      seed: the run's seed.

    Attributes:
      window: the variable of `make_window`.
    """

    def __init__(self, stage: str, trainer: StageTrainer, dataset: Dataset, seed: int):
        self._stage = stage
        self._trainer = trainer
        self._dataset = dataset
        self._seed = seed
        self.window = make_window()
        self._sample = tf.function(trainer.averaged.sample, autograph=False)

    def train_point(
        self, step: int, gradient_norm: float, monitor: Monitor
    ) -> dict[str, float]:
        """Shows the mean loss of the window and empties it.

        Returns:
          The row of the history.
        """
        total, count = self.window.numpy()
        self.window.assign([0.0, 0.0])
        nats = total / count
        # The rate of the last step; the optimizer counts steps from 0.
        learning_rate = float(self._trainer.schedule(step - 1))
        monitor.train_point(step, nats, learning_rate, float(gradient_norm))
        return {"step": step, **self._curve_point("train", nats)}

    def validation_point(
        self, step: int, nats: float, num_examples: int, monitor: Monitor
    ) -> dict[str, float]:
        """Shows a validation.

        Returns:
          The entries that it adds to the row of the history.
        """
        monitor.validation_point(step, nats, num_examples)
        return self._curve_point("validation", nats)

    def picture(self, step: int, validation: Validation, monitor: Monitor) -> None:
        """Shows samples of the averaged weights, always with the same noise."""
        if len(self._dataset.event_shape) != 3:
            return
        seed = derive_seed(self._seed, f"pictures {self._stage}")
        num_classes = self._trainer.averaged.num_classes
        if self._stage != Stage.REVERSE:
            if num_classes is None:
                samples = self._sample(_NUM_PICTURES, seed=seed)
            else:
                label = tf.range(_NUM_PICTURES) % num_classes
                samples = self._sample(1, Condition(label=label), seed=seed)[0]
            monitor.picture(step, [(samples, self._stage == Stage.BASELINE)])
            return
        (x, parts), _ = next(iter(validation.batches))
        condition = Condition(**parts).map(lambda part: part[:_NUM_PICTURES])
        x = x[:_NUM_PICTURES]
        x_smoothed = condition.x_smoothed
        denoised = self._sample(1, condition, seed=seed)[0]
        monitor.picture(step, [(x_smoothed, False), (denoised, True), (x, True)])

    def _curve_point(self, split: str, nats: float) -> dict[str, float]:
        point = {f"{split}_nats": nats}
        if self._dataset.num_levels is not None:
            num_dims = math.prod(self._dataset.event_shape)
            point[f"{split}_bits_per_dim"] = nats_to_bits_per_dim(nats, num_dims)
        return point
