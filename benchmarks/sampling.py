"""Compares the incremental sampler with one full pass of the network per pixel.

  python -m benchmarks.sampling [--settings=cifar10,mnist] [--batch_sizes=1,16,64]

Prints for each row, measured in a separate process: seconds per image of the sampler
with drawing included (median of several calls), seconds of one float32 full pass times
the number of pixels of x, and their ratio. Both are timed at the same batch size, in
turns. `stacked` is the published form of p(x|x~), not part of the default: it takes
twice as long. `classes` is p(x~|y) of ten classes, not part of the default either: its
sampler alternates with that of p(x~), whose seconds and ratio are two more columns.
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
        ("mnist", "cifar10"), "Sizes of models.", choices=tuple(SIZES)
    )
    batch_sizes: tuple[int, ...] = setting((1, 16, 64), "Images at a time.", minimum=1)
    stages: tuple[str, ...] = setting(
        ("smoothed", "reverse"),
        "p(x~); p(x|x~) by features of x~; the same with x~ stacked above x; p(x~|y).",
        choices=("smoothed", "reverse", "stacked", "classes"),
    )
    dtypes: tuple[str, ...] = setting(
        ("float32", "bfloat16"),
        "Compute dtype of the sampler; the full pass is float32.",
        choices=("float32", "bfloat16"),
    )
    num_runs: int = setting(3, "Timed calls, of which the median counts.", minimum=1)

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the benchmark on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, Options, usage=__doc__)
    quiet.import_tensorflow()
    from benchmarks.runs.sampling import run
    from smoothing_tf import devices

    devices.announce(" and ".join(options.dtypes))
    print_rows(
        run,
        options.num_runs,
        setting=options.settings,
        batch_size=options.batch_sizes,
        stage=options.stages,
        dtype=options.dtypes,
    )


if __name__ == "__main__":
    command_line.run(main)
