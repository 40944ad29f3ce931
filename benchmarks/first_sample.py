"""Measures the CPU seconds until the first sample, in Python and from a SavedModel.

  python -m benchmarks.first_sample [--settings=digits,cifar10] [--batch_sizes=16]

Prints for each row, measured in a separate process: the operations of the sampler's
graph, the CPU seconds of the first draw of a batch, and those of later ones (median).
In Python the first draw includes building the graph, from a SavedModel loading it.
Models have random weights. CPU time depends less than wall time on what else the
machine does; TF_NUM_INTRAOP_THREADS=1 and TF_NUM_INTEROP_THREADS=1 make it steadier.
"""

import dataclasses
from collections.abc import Sequence

from benchmarks.sizes import SIZES
from benchmarks.tables import print_rows
from smoothing_tf import command_line, config, quiet
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of this benchmark."""

    settings: tuple[str, ...] = setting(
        ("digits", "cifar10"), "Sizes of models.", choices=("digits", *SIZES)
    )
    batch_sizes: tuple[int, ...] = setting((16,), "Images at a time.", minimum=1)
    stages: tuple[str, ...] = setting(
        ("smoothed", "reverse"),
        "p(x~); p(x|x~) by features of x~.",
        choices=("smoothed", "reverse"),
    )
    sources: tuple[str, ...] = setting(
        ("python", "saved_model"),
        "What draws: the model, or a SavedModel of its sampler.",
        choices=("python", "saved_model"),
    )
    num_runs: int = setting(3, "Later draws, of which the median counts.", minimum=1)

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the benchmark on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, Options, usage=__doc__)
    quiet.import_tensorflow()
    from benchmarks.runs.first_sample import run
    from smoothing_tf import devices

    devices.announce("float32")
    print_rows(
        run,
        options.num_runs,
        setting=options.settings,
        batch_size=options.batch_sizes,
        stage=options.stages,
        source=options.sources,
    )


if __name__ == "__main__":
    command_line.run(main)
