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
import time
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from benchmarks import exported_modules, gpu_cases, measure, run_modules
from smoothing_tf import command_line, config, devices
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of this benchmark."""

    size: str = setting("cifar10", "Size of the model.", choices=tuple(measure.SIZES))
    cases: tuple[str, ...] = setting(
        gpu_cases.CASES,
        "Computations; a number is that of images at a time.",
        choices=gpu_cases.CASES,
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
    devices.announce("float32, tf32 and bfloat16")
    if options.export is not None:
        exported_modules.export(options.cases, options.size, options.export)
        return
    measure.print_rows(run, options.num_runs, size=(options.size,), case=options.cases)


def run(size: str, case: str, num_runs: int) -> list[dict[str, Any]]:
    """Measures the row of a case."""
    made = gpu_cases.make_case(case, size)
    start = time.perf_counter()
    results = made.function(*made.arguments)
    measure.wait(results)
    first_call = time.perf_counter() - start
    for result in tf.nest.flatten(results):
        tf.debugging.assert_all_finite(result, f"{case} must give finite numbers.")
    seconds = measure.median(
        measure.seconds_of(lambda: made.function(*made.arguments), num_runs)
    )
    row = {
        "case": case,
        "batch": made.batch_size,
        "dtype": made.dtype,
        "s": seconds,
        "s per image": seconds / made.batch_size,
        "first call, s": first_call,
        "GiB": _memory_gib(),
    }
    rows = 8192 if tf.config.list_logical_devices("GPU") else 1024
    dtype = "bfloat16" if made.dtype == "bfloat16" else "float32"
    peak = measure.matmul_peak(dtype, rows)
    row["of peak"] = made.flops / seconds / peak
    row["peak, TFLOP/s"] = peak / 1e12
    row["errors"] = _errors(size, made, results) if case == "log_prob" else "-"
    return [row]


def _errors(size: str, case: gpu_cases.Case, results) -> str:
    """Compares with the same computation on a CPU, without XLA."""
    with tf.device("CPU:0"):
        compute = gpu_cases.log_prob_of(gpu_cases.make_model(size))
        expected = tf.function(compute, autograph=False)(*case.arguments)
    errors = [
        run_modules.largest_error(result.numpy(), other.numpy())
        for result, other in zip(results, expected, strict=True)
    ]
    return ", ".join(f"{error:.2g}" for error in errors)


def _memory_gib() -> float:
    """Returns the largest memory of the GPU, or of the process without one."""
    if not tf.config.list_logical_devices("GPU"):
        return measure.peak_memory_gib()
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**30


if __name__ == "__main__":
    command_line.run(main)
