"""Runs the modules of `benchmarks.gpu --export` under JAX, without TensorFlow.

  python run_modules.py [DIR]

DIR, by default the directory of this file, holds modules.json, the modules and the
reference, as `python -m benchmarks.gpu --export=DIR` writes them. Needs JAX and NumPy,
and nothing of the project. Prints each row as soon as it is measured, and appends it to
DIR/results.jsonl. The times are those of our graphs, compiled by XLA and run by JAX's
runtime; under TensorFlow, `jit_compile=True` gives the same up to the version of XLA.

A few names of JAX are private; they were tried with JAX 0.10.
"""

import argparse
import io
import json
import pathlib
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

MODULES_FILE = "modules.json"
REFERENCE_FILE = "reference.npz"
RESULTS_FILE = "results.jsonl"
# An argument that a result may overwrite: an assigned variable.
_ALIAS = re.compile(
    r"parameter_number = (\d+) : i64}, output_index = array<i64: (\d+)>"
)
_NUM_RUNS = 5


def fill_of(value: np.ndarray) -> dict[str, float]:
    """Describes values by an interval with their mean and standard deviation."""
    mean, spread = float(np.mean(value)), float(3**0.5 * np.std(value))
    if not np.issubdtype(value.dtype, np.floating):
        spread = 0.0
    return {"low": mean - spread, "high": mean + spread}


def draw(
    fill: dict[str, float], shape: Sequence[int], dtype: str, seed: Sequence[int]
) -> np.ndarray:
    """Draws uniform values of a `fill_of`, the same on every machine.

    Args:
      fill: ends of the interval.
      shape: shape of the values.
      dtype: name of a NumPy dtype.
      seed: seed of the generator, e.g. numbers of a module and of its argument.
    """
    low, high = fill["low"], fill["high"]
    if low == high:
        return np.full(shape, low, dtype)
    generator = np.random.Generator(np.random.PCG64(list(seed)))
    values = generator.random(tuple(shape), dtype=np.float32)
    return (low + (high - low) * values).astype(dtype)


def largest_error(found: np.ndarray, expected: np.ndarray) -> float:
    """Computes max |found - expected| / max |expected|."""
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


def aliases(text: str) -> list[tuple[int, int]]:
    """Lists (argument, result) of a module whose memory is the same."""
    return [(int(argument), int(result)) for argument, result in _ALIAS.findall(text)]


def load(text: str) -> Callable[[list[Any]], list[Any]]:
    """Compiles a StableHLO module for JAX's first device.

    Returns:
      Function from arrays on that device to the results, once they are computed. It
      puts the new values of variables into the list that it is given.
    """
    import jax
    from jax._src.interpreters import mlir
    from jax._src.lib import xla_client
    from jaxlib.mlir import ir

    device = jax.devices()[0]
    bytecode = io.BytesIO()
    with mlir.make_ir_context():
        ir.Module.parse(text).operation.write_bytecode(file=bytecode)
    executable = device.client.compile_and_load(
        bytecode.getvalue(),
        xla_client.DeviceList((device,)),
        xla_client.CompileOptions(),
    )

    def run(arguments: list[Any]) -> list[Any]:
        results = executable.execute_sharded(arguments)
        arrays = [array for (array,) in results.disassemble_into_single_device_arrays()]
        for argument, result in aliases(text):
            arguments[argument] = arrays[result]
        return jax.block_until_ready(arrays)

    return run


def matmul_peak(dtype: str, size: int) -> float:
    """Measures the FLOP/s of a [size, size] matrix product, the best of ten.

    Args:
      dtype: "float32", "tf32" or "bfloat16".
      size: rows of the matrices.
    """
    import jax

    precision = "highest" if dtype == "float32" else "default"
    x = jax.random.normal(jax.random.key(0), (size, size))
    x = x.astype("bfloat16" if dtype == "bfloat16" else "float32")
    multiply = jax.jit(lambda x: jax.numpy.matmul(x, x, precision=precision))
    jax.block_until_ready(multiply(x))
    return 2 * size**3 / min(_seconds(lambda: multiply(x), 10))


def measure(
    module: dict[str, Any], directory: pathlib.Path, num_runs: int
) -> dict[str, Any]:
    """Measures the row of one module.

    Args:
      module: entry of modules.json.
      directory: the directory of the modules.
      num_runs: timed calls, of which the median counts.
    """
    import jax

    device = jax.devices()[0]
    arguments = [
        jax.device_put(draw(**argument), device) for argument in module["arguments"]
    ]
    start = time.perf_counter()
    run = load((directory / module["file"]).read_text())
    results = run(arguments)
    first_call = time.perf_counter() - start
    for result in results[: module["num_results"]]:
        if not np.all(np.isfinite(np.asarray(result))):
            raise ValueError(f"{module['case']} must give finite numbers on {device}.")
    seconds = statistics.median(_seconds(lambda: run(arguments), num_runs))
    row = {
        "case": module["case"],
        "batch": module["batch"],
        "dtype": module["dtype"],
        "s": seconds,
        "s per image": seconds / module["batch"],
        "first call, s": first_call,
    }
    peak = matmul_peak(module["dtype"], 1024 if device.platform == "cpu" else 8192)
    row["of peak"] = module["flops"] / seconds / peak
    row["peak, TFLOP/s"] = peak / 1e12
    # Not all devices count their memory.
    memory = (device.memory_stats() or {}).get("peak_bytes_in_use")
    row["GiB so far"] = memory and memory / 2**30
    if module["has_reference"]:
        with np.load(directory / REFERENCE_FILE) as reference:
            row["errors"] = [
                largest_error(np.asarray(result), reference[f"result_{index}"])
                for index, result in enumerate(results[: module["num_results"]])
            ]
    return row


def main(argv: Sequence[str]) -> None:
    """Runs all modules of a directory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directory", nargs="?", default=pathlib.Path(__file__).parent)
    directory = pathlib.Path(parser.parse_args(argv).directory)
    import jax

    jax.config.update("jax_enable_x64", True)  # The step counter is an int64.
    device = jax.devices()[0]
    print(f"JAX {jax.__version__} on {device.device_kind} ({device.platform})")
    for module in json.loads((directory / MODULES_FILE).read_text()):
        row = measure(module, directory, _NUM_RUNS) | {"device": device.device_kind}
        print(row, flush=True)
        with (directory / RESULTS_FILE).open("a") as file:
            file.write(json.dumps(row) + "\n")


def _seconds(function: Callable[[], Any], num_runs: int) -> list[float]:
    import jax

    times = []
    for _ in range(num_runs):
        start = time.perf_counter()
        jax.block_until_ready(function())
        times.append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main(sys.argv[1:])
