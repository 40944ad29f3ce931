"""Training of the stages: one loop for all of them."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.training.checkpoints import restore_stage
    from smoothing_tf.training.loop import train_stage, write_initial_state
    from smoothing_tf.training.training_config import TrainingConfig

__all__ = ["TrainingConfig", "restore_stage", "train_stage", "write_initial_state"]

import_when_used(__name__)
