"""Writes cases as modules that `run_modules.py` runs under JAX."""

import pathlib
import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks import run_modules
from benchmarks.runs import gpu_cases
from smoothing_tf import artifacts


def export(names: Sequence[str], setting: str, directory: artifacts.Path) -> None:
    """Writes modules, modules.json, the reference and run_modules.py.

    A module gets no weights: it lists how to draw each argument from a seed, with the
    mean and the spread that the argument has here. The reference, of the case
    log_prob, is computed on this machine's CPU with weights drawn in the same way.

    Args:
      names: names of the cases.
      setting: name of a published size.
      directory: directory to write to; created when missing.
    """
    directory = artifacts.make_directory(directory)
    entries = []
    for number, name in enumerate(names):
        case = gpu_cases.make_case(name, setting)
        entries.append(_export_case(case, number, directory))
        print(f"Exported {name} to {directory}.", flush=True)
    artifacts.write_json(directory / run_modules.MODULES_FILE, entries)
    shutil.copy(run_modules.__file__, directory)


def _export_case(
    case: gpu_cases.Case, number: int, directory: pathlib.Path
) -> dict[str, Any]:
    concrete = case.function.get_concrete_function(*case.arguments)
    own = tf.nest.flatten(case.arguments)
    # What the function captures follows its own arguments, in this order.
    captured = concrete.captured_inputs
    arguments = []
    for index, tensor in enumerate([*own, *captured]):
        array = _read(tensor).numpy()
        arguments.append(
            {
                "fill": run_modules.fill_of(array),
                "shape": list(array.shape),
                "dtype": array.dtype.name,
                "seed": [number, index],
            }
        )
    lower = case.function.experimental_get_compiler_ir(*case.arguments)
    artifacts.write_text(directory / f"{case.name}.mlir", lower(stage="stablehlo"))
    num_results = len(tf.nest.flatten(concrete.structured_outputs))
    has_reference = case.name == "log_prob"
    if has_reference:
        drawn = [run_modules.draw(**argument) for argument in arguments]
        for variable, value in zip(captured, drawn[len(own) :], strict=True):
            tf.raw_ops.AssignVariableOp(resource=variable, value=value)
        plain = tf.function(case.function.python_function, autograph=False)
        results = plain(*map(tf.constant, drawn[: len(own)]))
        named = {f"result_{i}": r.numpy() for i, r in enumerate(results)}
        np.savez(directory / run_modules.REFERENCE_FILE, **named)
    return {
        "case": case.name,
        "file": f"{case.name}.mlir",
        "batch": case.batch_size,
        "dtype": case.dtype,
        "flops": case.flops,
        "arguments": arguments,
        # Assigned variables follow the results.
        "num_results": num_results,
        "has_reference": has_reference,
    }


def _read(tensor: tf.Tensor) -> tf.Tensor:
    """Reads the variable of a resource; returns other tensors as they are."""
    if tensor.dtype != tf.resource:
        return tensor
    dtype = tf.as_dtype(tensor._handle_data.shape_and_type[0].dtype)
    return tf.raw_ops.ReadVariableOp(resource=tensor, dtype=dtype)
