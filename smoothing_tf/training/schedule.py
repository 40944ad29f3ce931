"""The learning rate as a function of the step."""

import math

import keras
import tensorflow as tf

from smoothing_tf.training.training_config import TrainingConfig


@keras.saving.register_keras_serializable("smoothing_tf")
class ExponentialDecay(keras.optimizers.schedules.LearningRateSchedule):
    """learning_rate * decay^step.

    Keras' schedule of this name raises a float32 to the power of the step: rounding
    0.999995 costs 2 % after a million steps. Here the logarithm is first computed in
    float64.

    Args:
      learning_rate: the rate at step 0.
      decay: factor per step, in (0, 1].
    """

    def __init__(self, learning_rate: float, decay: float):
        super().__init__()
        self.learning_rate = learning_rate
        self.decay = decay

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        exponent = tf.cast(step, tf.float32) * math.log(self.decay)
        return self.learning_rate * tf.exp(exponent)

    def get_config(self) -> dict[str, float]:
        return {"learning_rate": self.learning_rate, "decay": self.decay}


def make_schedule(
    config: TrainingConfig,
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Makes the learning-rate schedule of a configuration."""
    if config.learning_rate_schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            config.learning_rate, config.num_steps
        )
    return ExponentialDecay(config.learning_rate, config.learning_rate_decay)
