"""Compares the codec with the sampler of a trained run.

  python -m benchmarks.compression --workdir=DIR [--num_images=1000]

Prints for each model of the run the seconds per image of sampling, encoding and
decoding, and the ratios of the latter to the first. The images are samples of the
model. All run in turns, after a first call that builds their graphs; the medians of
several turns count. The encoder does not verify. The seconds are CPU seconds of all
threads, which other processes on the machine disturb least.

With bits-back coding, a file begins with small batches. The sampler is therefore timed
a second time with the batches of the file, which shows what they cost by themselves.
"""

import dataclasses
from collections.abc import Sequence

from benchmarks.tables import print_rows
from smoothing_tf import command_line, config, quiet
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of this benchmark."""

    workdir: str = setting(None, "Directory of the run.", is_path=True)
    stages: tuple[str, ...] = setting(
        ("baseline", "two_stage"), "Models.", choices=("baseline", "two_stage")
    )
    num_images: int = setting(1000, "Images of a file.", minimum=1)
    batch_size: int = setting(100, "Images at a time.", minimum=1)
    num_runs: int = setting(3, "Timed turns, of which the median counts.", minimum=1)

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the benchmark on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, Options, usage=__doc__)
    quiet.import_tensorflow()
    from benchmarks.runs.compression import run
    from smoothing_tf import devices

    devices.announce("the run's dtype")
    print_rows(
        run,
        options.num_runs,
        workdir=(options.workdir,),
        num_images=(options.num_images,),
        batch_size=(options.batch_size,),
        stage=options.stages,
    )


if __name__ == "__main__":
    command_line.run(main)
