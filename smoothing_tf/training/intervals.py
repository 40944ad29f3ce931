"""The steps at which training logs, validates, samples and saves."""

from smoothing_tf.training.training_config import TrainingConfig


class Intervals:
    """Decides when training logs, validates, samples and saves.

    Args:
      config: settings of the training.
    """

    def __init__(self, config: TrainingConfig):
        self._config = config

    def is_due(self, every: int, step: int) -> bool:
        """Whether an action with the interval `every` is due after `step`."""
        return step % every == 0 or step == self._config.num_steps

    def num_steps_ahead(self, step: int) -> int:
        """Returns the steps until an action is due, at most `steps_per_call`.

        A step that is profiled is a call of its own.
        """
        config = self._config
        profiled = config.profiled_steps
        if step + 1 in profiled:
            return 1
        intervals = (
            config.log_every,
            config.validate_every,
            config.checkpoint_every,
            config.sample_every or config.num_steps,
        )
        return min(
            config.steps_per_call,
            config.num_steps - step,
            *(first - 1 - step for first in profiled[:1] if first > step),
            *(every - step % every for every in intervals),
        )
