"""Measures the training step of PixelCNN++: time, share of the matmul peak, memory.

  python -m benchmarks.training [--settings=cifar10,mnist]

Prints for each size and compute dtype, measured in a separate process with the stages
in turns: the median of several optimizer steps of the training loop's own trainer,
dropout and averaged weights included; the floating-point operations of three forward
passes over it, as a share of the peak of tf.matmul in the same dtype and process; and
how many times the step of the smoothed stage it takes. Batches of 32 (MNIST) and 4
(CIFAR-10). Where PyTorch is installed, a row shows the smoothed stage's step in
PyTorch, from the same weights and with dropout of whole channels.
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
    dtypes: tuple[str, ...] = setting(
        ("float32", "bfloat16"), "Compute dtypes.", choices=("float32", "bfloat16")
    )
    num_runs: int = setting(5, "Timed steps, of which the median counts.", minimum=1)

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the benchmark on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, Options, usage=__doc__)
    quiet.import_tensorflow()
    from benchmarks.runs.training import has_torch, run
    from smoothing_tf import devices

    devices.announce(" and ".join(options.dtypes))
    if not has_torch():
        print("PyTorch is not installed, so its step is not measured.", flush=True)
    print_rows(run, options.num_runs, setting=options.settings, dtype=options.dtypes)


if __name__ == "__main__":
    command_line.run(main)
