"""Weights of the authors' PyTorch code as a trained stage of a working directory."""

import functools
import pathlib
from collections.abc import Mapping

import numpy as np

from smoothing_tf import artifacts, stages, workdir
from smoothing_tf.config import Config
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.models import DensityModel
from smoothing_tf.models.torch_state import load_torch_state
from smoothing_tf.training.loop import write_initial_state


def import_stage(
    config: Config, stage: str, checkpoint: artifacts.Path, directory: pathlib.Path
) -> None:
    """Writes a stage with the authors' weights, as one trained for 0 steps.

    Args:
      config: the configuration of the run; `stage` is a PixelCNN++.
      stage: stage that the weights belong to.
      checkpoint: file .npz with the weights.
      directory: the run's directory; created when missing.

    Raises:
      BlockingIOError: another process trains the stage.
      FileExistsError: the directory holds the stage already.
      FileNotFoundError: the checkpoint does not exist.
      ValueError: the weights belong to another network than the configuration
        describes, or the directory to another run.
    """
    _check_is_new(stage, directory)
    arrays = read_arrays(checkpoint)
    data = _data_spec(config, directory)
    make = functools.partial(load_model, config, stage, data, arrays)
    make()  # Checks the weights before anything is written.
    with workdir.locked_stages(directory, [stage]):
        _check_is_new(stage, directory)
        config = workdir.resolve(config, directory, [stage])
        config = workdir.save_config(config, data, directory, [stage])
        write_initial_state(
            stage,
            make,
            config.stages[stage].training,
            directory / stage,
            seed=config.seed,
            is_locked=True,
        )


def read_arrays(path: artifacts.Path) -> dict[str, np.ndarray]:
    """Reads the arrays of a .npz file.

    Raises:
      FileNotFoundError: the file does not exist.
      ValueError: it is not a .npz file of numbers.
    """
    return artifacts.read_npz(
        path,
        "checkpoint",
        " Convert a file of PyTorch by numpy.savez(FILE, **{k: v.cpu().numpy() for k, v"
        " in state_dict.items()}).",
    )


def load_model(
    config: Config,
    stage: str,
    data: DataSpec,
    arrays: Mapping[str, np.ndarray],
) -> DensityModel:
    """Builds the model of a stage with the authors' weights.

    Raises:
      ValueError: the weights belong to another network than the flags describe.
    """
    model = stages.make_model(config, stage, data)
    try:
        load_torch_state(model, arrays)
    except ValueError as error:
        settings = config.stages[stage].model_config
        raise ValueError(
            "`--checkpoint` must hold the network that the flags of stage"
            f" {stage!r} describe, {settings.num_resnet} blocks (--num_resnet),"
            f" {settings.num_filters} filters (--num_filters), {settings.num_mixtures}"
            f" mixtures (--num_mixtures), {data.event_shape[-1]} channels. {error}"
        ) from error
    return model


def _data_spec(config: Config, directory: pathlib.Path) -> DataSpec:
    """Returns the facts about the run's data; of a new run, those of its data set."""
    if workdir.stages_present(directory):
        return workdir.load_data_spec(directory, config)
    return DataSpec.of(open_dataset(config.data))


def _check_is_new(stage: str, directory: pathlib.Path) -> None:
    if stage in workdir.stages_present(directory):
        raise FileExistsError(
            f"The stage {directory / stage} already holds a trained model; name"
            " another --workdir."
        )
