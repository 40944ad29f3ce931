"""Makes a stage of a working directory from weights of the authors' PyTorch code.

  python -m smoothing_tf.import_torch --checkpoint=FILE.npz --stage=smoothed
    --flagfile=F --workdir=DIR

FILE.npz holds the state dict of a PixelCNN++, one array under each name. PyTorch writes
it by numpy.savez("FILE.npz", **{k: v.cpu().numpy() for k, v in state_dict.items()}).

The flags say the size of the network, the data set and the smoothing that belong to
the weights, the same for all stages of a directory, e.g.
--flagfile=configs/cifar10_pixelcnnpp.cfg. Stage reverse needs
--reverse_conditioning=stacked; its likelihood is that of the discrete levels, while the
authors trained theirs on x with a little noise. The stage is then as if it was trained
for 0 steps: sample, evaluate and export read it, train resumes from it.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from smoothing_tf import artifacts, command_line, config, stages, workdir
from smoothing_tf.config import Config
from smoothing_tf.data import open_dataset
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.models import DensityModel
from smoothing_tf.models.torch_state import load_torch_state
from smoothing_tf.settings import setting, validate
from smoothing_tf.training.loop import write_initial_state


@dataclasses.dataclass(frozen=True)
class ImportOptions:
    """Options of this command."""

    checkpoint: str = setting(None, "File .npz of the weights.", is_path=True)
    stage: str = setting(None, "Stage that they are of.", choices=artifacts.STAGES)
    workdir: str = setting(
        None, "Directory of the run; created when missing.", is_path=True
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    experiment, options = config.parse(argv, ImportOptions, usage=__doc__)
    directory, stage = artifacts.check_directory(options.workdir), options.stage
    _check_stage(experiment, stage, directory)
    arrays = read_arrays(options.checkpoint)
    data = _data_spec(experiment, directory)
    make = functools.partial(load_model, experiment, stage, data, arrays)
    make()  # Before anything is written.
    with workdir.locked_stages(directory, [stage]):
        _check_stage(experiment, stage, directory)
        experiment = workdir.resolve(experiment, directory, [stage])
        experiment = workdir.save_config(experiment, data, directory, [stage])
        write_initial_state(
            stage,
            make,
            experiment.stages[stage].training,
            directory / stage,
            seed=experiment.seed,
            is_locked=True,
        )
    print(f"Imported {options.checkpoint} as stage {stage} of {directory}.")


def read_arrays(path: artifacts.Path) -> dict[str, np.ndarray]:
    """Reads the arrays of a .npz file.

    Raises:
      FileNotFoundError: no such file.
      ValueError: it is no .npz file of numbers.
    """
    return artifacts.read_npz(
        path,
        "checkpoint",
        " Convert a file of PyTorch by numpy.savez(FILE, **{k: v.cpu().numpy() for k, v"
        " in state_dict.items()}).",
    )


def load_model(
    experiment: Config,
    stage: str,
    data: DataSpec,
    arrays: Mapping[str, np.ndarray],
) -> DensityModel:
    """The model of a stage with the authors' weights.

    Raises:
      ValueError: they are of another network than the flags say.
    """
    model = stages.make_model(experiment, stage, data)
    try:
        load_torch_state(model, arrays)
    except ValueError as error:
        settings = experiment.stages[stage].model_config
        raise ValueError(
            f"`--checkpoint` must be of the network that the flags of stage {stage!r}"
            f" say, {settings.num_resnet} blocks (--num_resnet), {settings.num_filters}"
            f" filters (--num_filters), {settings.num_mixtures} mixtures"
            f" (--num_mixtures), {data.event_shape[-1]} channels. {error}"
        ) from error
    return model


def _data_spec(experiment: Config, directory: pathlib.Path) -> DataSpec:
    """The facts about the run's data, or those of the data set of a new run."""
    if workdir.stages_present(directory):
        return workdir.load_data_spec(directory, experiment)
    return DataSpec.of(open_dataset(experiment.data))


def _check_stage(experiment: Config, stage: str, directory: pathlib.Path) -> None:
    """Checks that the flags name a network of the authors, for a stage that is free."""
    stage_config = experiment.stages[stage]
    if stage_config.model != "pixelcnnpp":
        raise ValueError(
            f"`--model` must be pixelcnnpp to take the authors' weights; got"
            f" {stage_config.model} for stage {stage!r}."
        )
    if stage == "reverse" and stage_config.model_config.conditioning != "stacked":
        raise ValueError(
            "`--reverse_conditioning` must be stacked for stage 'reverse' to take the"
            f" authors' weights; got {stage_config.model_config.conditioning}."
        )
    if stage in workdir.stages_present(directory):
        raise FileExistsError(
            f"The stage {directory / stage} holds a trained model already; name"
            " another --workdir."
        )


if __name__ == "__main__":
    command_line.run(main)
