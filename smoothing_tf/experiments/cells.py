"""Cells: the pieces of an experiment that are computed apart and kept."""

import concurrent.futures
import concurrent.futures.process
import contextlib
import ctypes
import dataclasses
import multiprocessing
import os
import pathlib
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tqdm

from smoothing_tf import artifacts

RESULT_FILE = "result.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PR_SET_PDEATHSIG = 1


@dataclasses.dataclass(frozen=True)
class Cell:
    """One computation of an experiment.

    Attributes:
      name: of its directory; letters, digits, dots, dashes, underscores.
      function: a function of a module, called in another process as
        function(directory=..., **arguments), that returns what JSON can hold.
        `directory` takes the files it writes.
      arguments: plain JSON values.

    Raises:
      ValueError: the name cannot be that of a directory.
    """

    name: str
    function: Callable[..., dict[str, Any]]
    arguments: dict[str, Any]

    def __post_init__(self):
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                "A cell's `name` must be of letters, digits, dots, dashes and"
                f" underscores; got {self.name!r}."
            )


class Pool:
    """Worker processes of one thread each, for the cells of several experiments.

    A program of small models leaves a second thread idle; two processes do not.

    Args:
      num_processes: how many; None: as many as there are CPUs to use.
      progress: whether to show a bar over the cells on stderr.
    """

    def __init__(self, num_processes: int | None = None, progress: bool = True):
        self._executor = concurrent.futures.ProcessPoolExecutor(
            num_processes or len(os.sched_getaffinity(0)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(os.getpid(),),
        )
        self._bar = tqdm.tqdm(
            desc="cells",
            total=0,
            unit="cell",
            file=sys.stderr,
            disable=not progress,
            dynamic_ncols=True,
        )
        self._lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            # Nobody waits for what still runs; finished cells are on disk.
            for process in list((self._executor._processes or {}).values()):
                process.kill()
        self._executor.shutdown(wait=kind is None, cancel_futures=True)
        self._bar.close()

    def submit(self, cell: Cell, directory: pathlib.Path) -> concurrent.futures.Future:
        """Starts a cell; the future gives its result."""
        with self._lock:
            self._bar.total += 1
            self._bar.refresh()
            future = self._executor.submit(_compute, cell, directory)
        future.add_done_callback(lambda future: self._show_done(cell, future))
        return future

    def _show_done(self, cell: Cell, future: concurrent.futures.Future) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        with self._lock:
            self._bar.set_postfix_str(f"{cell.name} is done", refresh=False)
            self._bar.update()


class Cells:
    """Computes cells, or finds their results in `directory`.

    A cell that was computed with the same function and arguments is not computed
    again; code that has changed is not noticed: remove the directory to be sure.

    Args:
      pool: where to compute.
      directory: keeps NAME/result.json, and what the cell wrote, of every cell.
    """

    def __init__(self, pool: Pool, directory: artifacts.Path):
        self._pool = pool
        self._directory = pathlib.Path(directory)

    def directory(self, name: str) -> pathlib.Path:
        """Where a cell's files are."""
        return self._directory / name

    def run(self, cells: Sequence[Cell]) -> dict[str, dict[str, Any]]:
        """Results of all cells by name, in their order.

        Raises:
          RuntimeError: a cell failed or its process died. Cells that were finished
            are kept.
        """
        results = {cell.name: self._kept(cell) for cell in cells}
        futures = {
            cell.name: self._pool.submit(cell, self.directory(cell.name))
            for cell in cells
            if results[cell.name] is None
        }
        try:
            for name, future in futures.items():
                with _named_errors(name):
                    results[name] = future.result()
        finally:
            for future in futures.values():
                future.cancel()
        return results

    def _kept(self, cell: Cell) -> dict[str, Any] | None:
        path = self.directory(cell.name) / RESULT_FILE
        if not path.is_file():
            return None
        kept = artifacts.read_json(path)
        is_same = kept["cell"] == _description(cell)
        return kept["result"] if is_same else None


@contextlib.contextmanager
def _named_errors(name: str) -> Iterator[None]:
    """Says which cell failed, and that the others are not lost."""
    kept = "Finished cells are kept; run the same command to go on."
    try:
        yield
    except concurrent.futures.process.BrokenProcessPool as error:
        raise RuntimeError(
            f"The process of a cell died while {name!r} was waited for, perhaps for"
            f" want of memory. {kept}"
        ) from error
    except Exception as error:
        raise RuntimeError(
            f"Cell {name!r} failed: {type(error).__name__}: {error} {kept}"
        ) from error


def _description(cell: Cell) -> dict[str, Any]:
    function = f"{cell.function.__module__}.{cell.function.__qualname__}"
    return {"function": function, "arguments": cell.arguments}


def _compute(cell: Cell, directory: pathlib.Path) -> dict[str, Any]:
    start = time.perf_counter()
    shutil.rmtree(directory, ignore_errors=True)  # of other arguments
    with artifacts.atomic_directory(directory) as temporary:
        result = cell.function(directory=temporary, **cell.arguments)
        artifacts.write_json(
            temporary / RESULT_FILE,
            {
                "cell": _description(cell),
                "result": result,
                "seconds": time.perf_counter() - start,
            },
        )
    return result


def _start_worker(parent: int) -> None:
    """One thread, no reaction to Ctrl-C, and no life after the parent's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):  # Not on every system.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    # Every cell compiles functions of its own, on purpose.
    tf.get_logger().setLevel("ERROR")
