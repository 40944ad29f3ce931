"""Trains the stages of a model.

  python -m smoothing_tf.train --flagfile=configs/digits_pixelcnnpp.cfg --workdir=DIR

Resumes from the newest checkpoint in DIR, if there is one. On Ctrl-C or SIGTERM it
saves a checkpoint and stops; a second one stops at once. The commands sample, evaluate
and export then read DIR.
"""

import dataclasses
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, quiet
from smoothing_tf.config import parse
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import TWO_STAGES, Stage, check_stages
from smoothing_tf.training.strategy_names import STRATEGY_NAMES


@dataclasses.dataclass(frozen=True)
class TrainOptions:
    """Options of this command."""

    workdir: str = setting(
        None, "Directory of the run; created when missing.", is_path=True
    )
    stages: tuple[str, ...] = setting(
        TWO_STAGES, "Stages to train.", choices=tuple(Stage)
    )
    strategy: str = setting(
        "auto",
        "Where to compute. auto: multi_worker if TF_CONFIG is set, mirrored if there"
        " are several GPUs, otherwise one device.",
        choices=STRATEGY_NAMES,
    )

    def __post_init__(self):
        validate(self)
        check_stages(self.stages)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    config, options = parse(argv, TrainOptions, usage=__doc__)
    artifacts.check_directory(options.workdir)
    quiet.import_tensorflow()
    from smoothing_tf import workdir
    from smoothing_tf.data.dataset import open_dataset
    from smoothing_tf.training.stop_signals import StopSignals
    from smoothing_tf.training.strategies import make_strategy

    with StopSignals() as stop:
        # This comes first: workers must find each other before TensorFlow starts.
        strategy = make_strategy(options.strategy)
        dataset = open_dataset(config.data)
        workdir.train(config, dataset, options.workdir, options.stages, strategy, stop)
    print(f"Trained {', '.join(options.stages)} in {options.workdir}.")


if __name__ == "__main__":
    command_line.run(main, "Run the same command to resume.")
