"""Telling which checkpoints training has diverged from, and what to do about it."""

import math

from smoothing_tf.training.training_config import TrainingConfig

# Clipping bounds the gradient; with Adam it does not make up for a higher rate.
_MAX_RATE_FOR_CLIPPING = 0.01


class Divergence:
    """Judges losses by the loss of the run's first step.

    The loss of a step depends on the weights before it and on nothing that a
    setting could change. So where the step after a checkpoint has a loss or a
    gradient that is not finite, or a loss far above that of the first step, no
    learning rate helps: the weights in the checkpoint have diverged.

    Args:
      stage: name of the stage.
      config: settings of the training.
      num_dims: number of dimensions of an event.
    """

    def __init__(self, stage: str, config: TrainingConfig, num_dims: int):
        self._stage = stage
        self._config = config
        self._num_dims = num_dims
        self.first_nats: float | None = None

    def is_diverged(self, nats: float, gradient_norm: float) -> bool:
        """Whether weights with this loss and gradient are not worth keeping."""
        if not (math.isfinite(nats) and math.isfinite(gradient_norm)):
            return True
        if self.first_nats is None:
            return False
        # One nat per dimension, or as much again as the first loss.
        margin = max(self._num_dims, abs(self.first_nats))
        return nats > self.first_nats + margin

    def message(self, step: int, what: str, previous: float | None, place: str) -> str:
        """What stopped training at `step`, and how to resume.

        Args:
          step: the step whose loss or gradient is not finite.
          what: what was found, e.g. "the loss is nan".
          previous: loss of the step before, nats per example, if known.
          place: where a run with other settings resumes.
        """
        after = (
            "" if previous is None else f" (the loss before was {previous:.6g} nats)"
        )
        rate = self._config.learning_rate
        default = TrainingConfig().learning_rate
        lower = default if rate > default else rate / 10.0
        clip = ""
        if self._config.clip_norm is None and rate <= _MAX_RATE_FOR_CLIPPING:
            clip = f", or with --{self._stage}_clip_norm=1"
        return (
            f"Training of stage {self._stage!r} stopped at step {step}: {what}{after}."
            f" Run the same command with a lower learning rate, e.g."
            f" --{self._stage}_learning_rate={lower:g} (it is {rate:g}){clip}; it"
            f" {place}."
        )

    def first_message(self, what: str, ranges: str, *, is_imported: bool) -> str:
        """What stopped training at the first step, before any weight has changed.

        Args:
          what: what was found, e.g. "the loss is nan".
          ranges: of the batch, see `describe_batch`.
          is_imported: whether the weights were imported.
        """
        suspects = "data and the imported weights" if is_imported else "data"
        return (
            f"Training of stage {self._stage!r} stopped at step 1: {what} before"
            " any weight has changed, so the learning rate is not the cause. Check the"
            f" {suspects}: the batch has {ranges}. No checkpoint was written."
        )
