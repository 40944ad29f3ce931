"""Measures a case of `benchmarks.gpu`."""

import time
from typing import Any

import tensorflow as tf

from benchmarks import measure, run_modules
from benchmarks.runs import gpu_cases


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
