"""Imports weights of the authors' PyTorch code as a stage of a working directory.

  python -m smoothing_tf.import_torch --checkpoint=FILE.npz --stage=smoothed
    --flagfile=F --workdir=DIR

FILE.npz holds the state dict of a PixelCNN++, one array under each name. To write it
from PyTorch:
numpy.savez("FILE.npz", **{k: v.cpu().numpy() for k, v in state_dict.items()})

The flags give the size of the network, the data set and the smoothing that belong to
the weights; they must be the same for all stages of a directory, e.g.
--flagfile=configs/cifar10_pixelcnnpp.cfg. Stage reverse needs
--reverse_conditioning=stacked; its likelihood is that of the discrete levels, while the
authors trained theirs on x with a little noise. The imported stage counts as trained
for 0 steps: sample, evaluate and export read it, and train resumes from it.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from smoothing_tf import artifacts, command_line, stages, workdir
from smoothing_tf.config import Config, parse
from smoothing_tf.data import open_dataset
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.models import DensityModel
from smoothing_tf.models.torch_state import load_torch_state
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import Stage
from smoothing_tf.training.loop import write_initial_state


@dataclasses.dataclass(frozen=True)
class ImportOptions:
    """Options of this command."""

    checkpoint: str = setting(None, "File .npz with the weights.", is_path=True)
    stage: str = setting(
        None, "Stage that the weights belong to.", choices=tuple(Stage)
    )
    workdir: str = setting(
        None, "Directory of the run; created when missing.", is_path=True
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    config, options = parse(argv, ImportOptions, usage=__doc__)
    directory, stage = artifacts.check_directory(options.workdir), options.stage
    _check_stage(config, stage, directory)
    arrays = read_arrays(options.checkpoint)
    data = _data_spec(config, directory)
    make = functools.partial(load_model, config, stage, data, arrays)
    make()  # Checks the weights before anything is written.
    with workdir.locked_stages(directory, [stage]):
        _check_stage(config, stage, directory)
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
    print(f"Imported {options.checkpoint} as stage {stage} of {directory}.")


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


def _check_stage(config: Config, stage: str, directory: pathlib.Path) -> None:
    """Checks that the flags describe the authors' network and the stage is new."""
    stage_config = config.stages[stage]
    if stage_config.model != "pixelcnnpp":
        raise ValueError(
            f"`--model` must be pixelcnnpp to take the authors' weights; got"
            f" {stage_config.model} for stage {stage!r}."
        )
    if stage == Stage.REVERSE and stage_config.model_config.conditioning != "stacked":
        raise ValueError(
            "`--reverse_conditioning` must be stacked for stage 'reverse' to take the"
            f" authors' weights; got {stage_config.model_config.conditioning}."
        )
    if stage in workdir.stages_present(directory):
        raise FileExistsError(
            f"The stage {directory / stage} already holds a trained model; name"
            " another --workdir."
        )


if __name__ == "__main__":
    command_line.run(main)
