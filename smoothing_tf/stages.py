"""Builds the models of a run's stages, and loads trained ones."""

from collections.abc import Mapping

from smoothing_tf import artifacts
from smoothing_tf.config import Config
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.models import DensityModel, build_model
from smoothing_tf.models.classes import Classes
from smoothing_tf.models.trained import Trained
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import make_smoothing
from smoothing_tf.training.checkpoints import restore_stage


def make_model(config: Config, stage: str, data: DataSpec | Dataset) -> DensityModel:
    """Builds the model of a stage with its initial weights.

    Raises:
      ValueError: the model does not fit the data, e.g. a class-conditional one data
        without labels.
    """
    stage_config = config.stages[stage]
    return build_model(
        stage_config.model,
        stage_config.model_config,
        stage=stage,
        event_shape=data.event_shape,
        num_levels=data.num_levels,
        num_classes=count_classes(config, stage, data),
        seed=derive_seed(config.seed, f"initial weights {stage}"),
        dtype=stage_config.dtype_policy,
    )


def count_classes(config: Config, stage: str, data: DataSpec | Dataset) -> int | None:
    """Returns the number of classes that the model of a stage takes, or None.

    Raises:
      ValueError: the model is class-conditional, but the data have no labels.
    """
    if not config.stages[stage].choice.class_conditional:
        return None
    if data.num_classes is None:
        raise ValueError(
            f"`--{stage}_class_conditional` needs data with labels; {data.name!r} has"
            " none. Choose data with classes, or drop --class_conditional."
        )
    return data.num_classes


def load_stage(
    config: Config,
    stage: str,
    data: DataSpec | Dataset,
    directory: artifacts.Path,
) -> DensityModel:
    """Loads a trained model with its averaged weights.

    Args:
      config: the configuration of the run.
      stage: the name of the stage.
      data: the data it was trained on, or the facts about them.
      directory: the stage's directory, which holds its checkpoints.

    Raises:
      FileNotFoundError: there is no checkpoint in `directory`.
      ValueError: all checkpoints are damaged.
    """
    model = make_model(config, stage, data)
    restore_stage(model, directory)
    return model


def load_stages(
    config: Config,
    data: DataSpec | Dataset,
    directories: Mapping[str, artifacts.Path],
) -> Trained:
    """Loads trained stages.

    Args:
      config: the configuration of the run, with a number for its noise scale.
      data: the data they were trained on, or the facts about them.
      directories: stage -> its directory, of the stages to load.

    Raises:
      FileNotFoundError: a stage has no checkpoint.
      ValueError: all checkpoints of a stage are damaged.
    """
    models, steps = {}, {}
    for stage, directory in directories.items():
        model = make_model(config, stage, data)
        steps[str(stage)] = restore_stage(model, directory)
        models[str(stage)] = model
    classes = Classes()
    if any(model.num_classes is not None for model in models.values()):
        if isinstance(data, Dataset):
            data = DataSpec.of(data, with_frequencies=True)
        classes = Classes(data.class_names, data.class_frequencies)
    return Trained(
        smoothing=make_smoothing(config.smoothing),
        num_levels=data.num_levels,
        standardization=data.standardization,
        classes=classes,
        steps=steps,
        **models,
    )
