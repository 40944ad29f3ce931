"""Finds out which weights have diverged, and says what to do about it."""

import math

from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.training_config import TrainingConfig

# Clipping bounds the gradient; with Adam it does not compensate for a higher rate.
_MAX_RATE_FOR_CLIPPING = 0.01


class Divergence:
    """Judges losses by the loss of the run's first step.

    The loss of a step depends on the weights before it and on nothing that a
    setting could change. So when the step after a checkpoint has a loss or a
    gradient that is not finite, or a loss far above that of the first step, no
    learning rate helps: the weights in the checkpoint have diverged.

    Args:
      stage: name of the stage.
      config: settings of the training.
      num_dims: number of dimensions of an event.

    Attributes:
      first_nats: loss of the run's first step, nats per example, if known.
      last_nats: loss of the last finite step, if there was one.
    """

    def __init__(self, stage: str, config: TrainingConfig, num_dims: int):
        self._stage = stage
        self._config = config
        self._num_dims = num_dims
        self.first_nats: float | None = None
        self.last_nats: float | None = None
        # Steps whose weights have diverged, as the step after them shows.
        self._steps: set[int] = set()

    def observe(self, step: int, nats: float, gradient_norm: float) -> None:
        """Records the loss and the gradient of a step."""
        if self.is_diverged(nats, gradient_norm):
            self._steps.add(step - 1)
        if math.isfinite(nats) and math.isfinite(gradient_norm):
            self.last_nats = nats

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
        """Says what stopped training at `step`, and how to resume.

        Args:
          step: the step whose loss or gradient is not finite.
          what: the finding, e.g. "the loss is nan".
          previous: loss of the step before, nats per example, if known.
          place: end of the sentence on a run with other settings, e.g. "starts over".
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
        """Says what stopped training at the first step, with the initial weights.

        Args:
          what: what was found, e.g. "the loss is nan".
          ranges: ranges of the batch; see `describe_batch`.
          is_imported: whether the weights were imported.
        """
        suspects = "data and the imported weights" if is_imported else "data"
        return (
            f"Training of stage {self._stage!r} stopped at step 1: {what} before"
            " any weight has changed, so the learning rate is not the cause. Check the"
            f" {suspects}: the batch has {ranges}. No checkpoint was written."
        )

    def resumption(self, files: CheckpointFiles, step: int) -> str:
        """Says where a run with other settings will resume.

        Args:
          files: the checkpoints of the stage.
          step: the step that training has reached.

        Returns:
          The end of a sentence, e.g. "resumes from ...".
        """
        steps = [saved for saved in files.steps() if saved <= step]
        if not steps:
            return "starts over, since no checkpoint had been written yet"
        bad = sorted(self._steps.intersection(steps))
        names = ", ".join(files.path(saved).name for saved in bad)
        why = f", since the weights of {names} have diverged" if names else ""
        good = [saved for saved in steps if saved not in self._steps]
        if good:
            return f"resumes from {files.path(good[0])}{why}"
        return f"starts over{why}"
