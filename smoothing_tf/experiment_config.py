"""The configuration of a whole experiment, made of those of its parts."""

import dataclasses
from typing import Any

from smoothing_tf.data.dataset import DataConfig
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.models import MODELS
from smoothing_tf.seeds import MAX_SEED
from smoothing_tf.settings import setting, validate
from smoothing_tf.smoothing import SmoothingConfig
from smoothing_tf.training.training_config import TrainingConfig


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What concerns a run as a whole."""

    seed: int = setting(
        0,
        "Seed of initial weights, noise, order of the data and dropout.",
        minimum=0,
        maximum=MAX_SEED,
    )

    def __post_init__(self):
        validate(self)


@dataclasses.dataclass(frozen=True)
class ModelChoice:
    """Which model a stage trains."""

    model: str = setting("pixelcnnpp", "Density model.", choices=tuple(MODELS))

    def __post_init__(self):
        validate(self)


@dataclasses.dataclass(frozen=True)
class StageConfig:
    """A stage's model, by name, its hyper-parameters, and its training."""

    model: str
    model_config: Any
    training: TrainingConfig


@dataclasses.dataclass(frozen=True)
class Config:
    """A whole experiment; `stages` has an entry for each of STAGES."""

    run: RunConfig
    data: DataConfig
    smoothing: SmoothingConfig
    stages: dict[str, StageConfig]
    evaluation: EvaluationConfig

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.run.seed
