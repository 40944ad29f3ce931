"""Runs a function for every element on Apache Beam.

Every pipeline is one straight line, Create - Reshuffle - ParDo, whose DoFn writes a
file per element and passes little or nothing on. `check_linear` explains why.
"""

import importlib
from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineRunner

from components import dask_cluster
from components.linear_pipelines import check_linear
from components.shared_directories import SharedDirectories
from components.sharing_fn import SharingFn

# Short names, without "runner" and in lower case, of the runner in this process.
# Beam's own runner called DirectRunner may first try to download a binary.
_IN_PROCESS = ("direct", "inprocess", "fnapi")
_DASK = "apache_beam.runners.dask.dask_runner.DaskRunner"


def run_for_each(
    elements: Iterable[Any],
    fn: beam.DoFn,
    *,
    shared: SharedDirectories,
    runner: str,
    options: Sequence[str],
) -> None:
    """Runs a DoFn for every element, in any order and on any number of workers.

    Args:
      elements: the elements; they and `fn` can be pickled.
      fn: the function. It may run several times for an element whose worker has died,
        so whatever it writes must be written at once and be the same every time.
      shared: directories that every worker must see.
      runner: name of a Beam runner, in short or as module.Class. DirectRunner runs in
        this process.
      options: options of the runner, e.g. "--direct_num_workers=2".

    Raises:
      ValueError: there is no such runner, or it cannot run a pipeline of ours.
      ConnectionError: no Dask scheduler answers at the given address.
      RuntimeError: a worker does not share the directories, or Dask's processes cannot
        import our packages.
      Exception: whatever `fn` raises, possibly wrapped by the runner.
    """
    elements = list(elements)
    is_dask = _short_name(runner) == "dask"
    if is_dask:
        options = dask_cluster.complete_options(options, len(elements), shared)
    pipeline = beam.Pipeline(_make_runner(runner), PipelineOptions(list(options)))
    _ = (
        pipeline
        | "Elements" >> beam.Create(elements)
        | "Spread" >> beam.Reshuffle()
        | "Run" >> beam.ParDo(SharingFn(fn, shared))
    )
    check_linear(pipeline)
    if not elements:
        return
    result = pipeline.run()
    try:
        result.wait_until_finish()
    finally:
        if is_dask:
            result.client.close()


def _short_name(runner: str) -> str:
    return runner.rpartition(".")[2].lower().removesuffix("runner")


def _make_runner(name: str) -> str | PipelineRunner:
    """Makes the runner of a name; names of other runners are left to Beam."""
    if "." not in name:
        short = _short_name(name)
        if short in _IN_PROCESS:
            return FnApiRunner()
        return _make_runner(_DASK) if short == "dask" else name
    module, _, class_name = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), class_name)()
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"`beam_runner` {name!r} cannot be imported ({error}). Correct it, or"
            " install the packages that it needs."
        ) from error
