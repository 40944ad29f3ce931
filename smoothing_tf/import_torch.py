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
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, quiet
from smoothing_tf.config import Config, parse
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import Stage


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
    _check_network(config, stage)
    quiet.import_tensorflow()
    from smoothing_tf.imported_stage import import_stage

    import_stage(config, stage, options.checkpoint, directory)
    print(f"Imported {options.checkpoint} as stage {stage} of {directory}.")


def _check_network(config: Config, stage: str) -> None:
    """Checks that the flags describe a network of the authors."""
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


if __name__ == "__main__":
    command_line.run(main)
