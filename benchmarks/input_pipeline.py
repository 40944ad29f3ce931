"""Measures the input pipeline: CPU time per batch, against plain TensorFlow.

  python -m benchmarks.input_pipeline [--settings=cifar10,mnist] [--batch_sizes=80]

Prints, for each size of images, batch size and smoothing, the CPU milliseconds per
batch of `training_batches`, and of a plain tf.data pipeline that shuffles, gathers and
scales the same images and adds one `tf.random.stateless_normal` per batch. The two take
turns, each of which ends when no more batches are made in advance; times are medians
of all turns, and the ratio is the median of plain / ours.
Rows "from file" read the images from a memory-mapped file, and rows "evaluation" are
those of `evaluation_batches`, for which plain does not shuffle.
"""

import dataclasses
from collections.abc import Sequence

from benchmarks.sizes import SIZES
from benchmarks.tables import print_rows
from smoothing_tf import command_line, config, quiet
from smoothing_tf.settings import setting, validate
from smoothing_tf.smoothing.config import SMOOTHINGS


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of this benchmark."""

    settings: tuple[str, ...] = setting(
        ("cifar10", "mnist"), "Sizes of images.", choices=tuple(SIZES)
    )
    batch_sizes: tuple[int, ...] = setting((80,), "Examples per batch.", minimum=1)
    smoothings: tuple[str, ...] = setting(
        ("gaussian",), "Smoothing distributions.", choices=tuple(SMOOTHINGS)
    )
    num_runs: int = setting(7, "Turns, of which the median counts.", minimum=1)
    num_batches: int = setting(200, "Batches per turn.", minimum=1)

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the benchmark on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, Options, usage=__doc__)
    quiet.import_tensorflow()
    from benchmarks.runs.input_pipeline import run
    from smoothing_tf import devices

    devices.announce("float32")
    print_rows(
        run,
        options.num_runs,
        setting=options.settings,
        batch_size=options.batch_sizes,
        smoothing=options.smoothings,
        num_batches=(options.num_batches,),
    )


if __name__ == "__main__":
    command_line.run(main)
