"""Checks that XLA can compile the step of a stage, before any step is taken."""

import re
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.training.batches import zero_arguments
from smoothing_tf.training.stage_trainer import StageTrainer
from smoothing_tf.training.training_config import TrainingConfig

# The names of graphs and nodes, which say nothing to a user.
_PLACE_IN_GRAPH = re.compile(
    r"^Failed getting HLO text: '?|when trying to compile graph \S+ |\{\{.*?\}\}"
    r"| compatible with node \{\{.*?\}\}"
)


def check_compiles(trainer: StageTrainer, stage: str, config: TrainingConfig) -> None:
    """Checks, with `jit_compile`, that XLA can compile a step; it takes none.

    XLA cannot compile Python functions and text, for example, which a model of a
    user's own may contain.

    Args:
      trainer: trainer of the stage.
      stage: name of the stage.
      config: settings of the training.

    Raises:
      ValueError: XLA cannot compile an operation of the step; the message names it.
    """
    if not config.jit_compile:
        return
    model = trainer.model
    batch = zero_arguments(
        stage, model.event_shape, config.batch_size, model.num_classes is not None
    )
    step: Any = trainer.take_step
    try:
        lower = step.experimental_get_compiler_ir(batch, tf.constant(0))
        lower(stage="hlo_serialized")
    except (ValueError, tf.errors.OpError) as error:
        reason = _PLACE_IN_GRAPH.sub("", str(error).partition("\n")[0])
        raise ValueError(
            f"`jit_compile` must be false for stage {stage!r}: XLA cannot compile its"
            f" training step ({reason.strip()}). Drop --jit_compile, or add"
            f" --{stage}_jit_compile=false."
        ) from error


def check_stage_compiles(
    stage: str, make_model: Callable[[], DensityModel], config: TrainingConfig
) -> None:
    """Checks the same of a stage that is trained later; see `check_compiles`.

    Args:
      stage: name of the stage.
      make_model: function that builds the model.
      config: settings of the training.
    """
    if not config.jit_compile:
        return
    strategy = tf.distribute.get_strategy()
    trainer = StageTrainer(stage, make_model, config, seed=0, strategy=strategy)
    check_compiles(trainer, stage, config)
