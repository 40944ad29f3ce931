"""The configuration of a run, made of the configurations of its parts."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from smoothing_tf.data.data_config import DataConfig
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.limits import MAX_SEED
from smoothing_tf.models.table import MODELS
from smoothing_tf.settings import setting, validate
from smoothing_tf.smoothing.config import SmoothingConfig
from smoothing_tf.training.training_config import TrainingConfig


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Settings of the run as a whole."""

    seed: int = setting(
        0,
        "Seed of initial weights, noise, order of the data and dropout.",
        minimum=0,
        maximum=MAX_SEED,
    )

    def __post_init__(self):
        validate(self)


# Compute dtype -> dtype policy of Keras.
_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


@dataclasses.dataclass(frozen=True)
class ModelChoice:
    """The model of a stage, and the precision of its network."""

    model: str = setting("pixelcnnpp", "Density model.", choices=tuple(MODELS))
    compute_dtype: str = setting(
        "float32",
        "Precision of the network. With bfloat16 the weights, the last layer and the"
        " likelihood stay float32.",
        choices=tuple(_POLICIES),
    )

    class_conditional: bool = setting(
        False,
        "The density is conditional on the class of an example as well. Needs data with"
        " labels.",
    )

    def __post_init__(self):
        validate(self)

    @property
    def dtype_policy(self) -> str:
        """The Keras dtype policy of the compute dtype."""
        return _POLICIES[self.compute_dtype]


@dataclasses.dataclass(frozen=True)
class StageConfig:
    """A stage's model, by name, its hyperparameters, and its training."""

    choice: ModelChoice
    model_config: Any
    training: TrainingConfig

    @property
    def model(self) -> str:
        """The model's name."""
        return self.choice.model

    @property
    def dtype_policy(self) -> str:
        """The Keras dtype policy of its compute dtype."""
        return self.choice.dtype_policy


@dataclasses.dataclass(frozen=True)
class Config:
    """The configuration of a run; `stages` has an entry for every stage.

    `smoothing_tf.configure` makes one from keyword arguments.
    """

    run: RunConfig
    data: DataConfig
    smoothing: SmoothingConfig
    stages: dict[str, StageConfig]
    evaluation: EvaluationConfig

    def in_float32(self) -> "Config":
        """Returns the configuration with every network in full precision."""
        stages = {
            stage: dataclasses.replace(
                part, choice=dataclasses.replace(part.choice, compute_dtype="float32")
            )
            for stage, part in self.stages.items()
        }
        return dataclasses.replace(self, stages=stages)

    def is_class_conditional(self, stages: Sequence[str]) -> bool:
        """Whether any of these stages is conditional on the class."""
        return any(self.stages[stage].choice.class_conditional for stage in stages)

    def compute_dtypes(self, stages: Sequence[str]) -> dict[str, str]:
        """Returns stage -> precision of its network."""
        return {stage: self.stages[stage].choice.compute_dtype for stage in stages}

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.run.seed


# Field of `Config` -> its dataclass, of the settings that do not belong to a stage.
GROUPS = {
    "run": RunConfig,
    "data": DataConfig,
    "smoothing": SmoothingConfig,
    "evaluation": EvaluationConfig,
}
