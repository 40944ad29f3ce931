"""Measures the smoothed stage on a GPU, with every computation compiled by XLA.

  python -m benchmarks.gpu
  python -m benchmarks.gpu --export=DIR   # where there is no GPU

Prints for each case, measured in a separate process: the time of a call (median of
several), its share of the peak of a large tf.matmul of the same precision, and the
memory that it took. `log_prob` is compared with a CPU: the largest errors of log p(x),
of its gradient by x and of the norm of its gradient by the weights, relative to the
largest value. `step` is an optimizer step of the training loop, dropout and averaged
weights included.

With --export it computes nothing of this, but writes the computations to DIR, for a
machine that has a GPU and JAX, but no TensorFlow: copy DIR there and run
`python DIR/run_modules.py`.
"""

import dataclasses
from collections.abc import Sequence

from benchmarks.sizes import SIZES
from benchmarks.tables import print_rows
from smoothing_tf import command_line, config, quiet
from smoothing_tf.settings import setting, validate

_CASES = (
    "log_prob",
    "step_float32",
    "step_tf32",
    "step_bfloat16",
    "sample_1",
    "sample_16",
    "sample_256",
)


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of this benchmark."""

    size: str = setting("cifar10", "Size of the model.", choices=tuple(SIZES))
    cases: tuple[str, ...] = setting(
        _CASES,
        "Computations; a number is that of images at a time.",
        choices=_CASES,
    )
    num_runs: int = setting(5, "Timed calls, of which the median counts.", minimum=1)
    export: str | None = setting(
        None, "Directory for modules to run under JAX; 'none' measures.", is_path=True
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the benchmark on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, Options, usage=__doc__)
    quiet.import_tensorflow()
    from benchmarks.runs import exported_modules, gpu
    from smoothing_tf import devices

    devices.announce("float32, tf32 and bfloat16")
    if options.export is not None:
        exported_modules.export(options.cases, options.size, options.export)
        return
    print_rows(gpu.run, options.num_runs, size=(options.size,), case=options.cases)


if __name__ == "__main__":
    command_line.run(main)
