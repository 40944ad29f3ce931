"""The models of an experiment's stages, fresh or trained."""

from collections.abc import Mapping

from smoothing_tf import artifacts
from smoothing_tf.config import Config
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.models import DensityModel, TwoStageModel, build_model
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import make_smoothing
from smoothing_tf.training.checkpoints import restore_stage


def make_model(
    experiment: Config, stage: str, data: DataSpec | Dataset
) -> DensityModel:
    """The model of a stage with its initial weights."""
    stage_config = experiment.stages[stage]
    return build_model(
        stage_config.model,
        stage_config.model_config,
        stage=stage,
        event_shape=data.event_shape,
        num_levels=data.num_levels,
        seed=derive_seed(experiment.seed, f"initial weights {stage}"),
        dtype=stage_config.dtype_policy,
    )


def load_stage(
    experiment: Config,
    stage: str,
    data: DataSpec | Dataset,
    directory: artifacts.Path,
) -> DensityModel:
    """A trained model with its averaged weights.

    Args:
      experiment: the configuration it was trained with.
      stage: "smoothed", "reverse" or "baseline".
      data: for the shape of the events and the number of levels.
      directory: of the stage, where its checkpoints are.

    Raises:
      FileNotFoundError: no checkpoint in `directory`.
    """
    model = make_model(experiment, stage, data)
    restore_stage(model, directory)
    return model


def load_two_stage(
    experiment: Config,
    data: DataSpec | Dataset,
    directories: Mapping[str, artifacts.Path],
) -> TwoStageModel:
    """The two-stage model of two trained stages.

    Args:
      experiment: the resolved configuration.
      data: the data it was trained on, or the facts about them.
      directories: of the stages "smoothed" and "reverse".
    """
    models = {
        stage: load_stage(experiment, stage, data, directories[stage])
        for stage in ("smoothed", "reverse")
    }
    return TwoStageModel(make_smoothing(experiment.smoothing), **models)
