"""The processes that compute cells."""

import collections
import concurrent.futures
import concurrent.futures.process
import contextlib
import ctypes
import multiprocessing
import os
import pathlib
import signal
import sys
import threading
from typing import Any

import tqdm

from smoothing_tf.experiments.cell import Cell, compute, unfinished

_PR_SET_PDEATHSIG = 1
# So often may a cell be stopped by others before it is suspected itself.
_MAX_BROKEN = 3
BrokenPool = concurrent.futures.process.BrokenProcessPool


class Pool:
    """Worker processes of one thread each, for the cells of several experiments.

    A program of small models leaves a second thread idle; two processes do not.

    Args:
      num_processes: how many; None: as many as there are CPUs to use.
      progress: whether to show a bar over the cells on stderr.
    """

    def __init__(self, num_processes: int | None = None, progress: bool = True):
        self._num_processes = num_processes or len(os.sched_getaffinity(0))
        self._executors: set[concurrent.futures.ProcessPoolExecutor] = set()
        self._executor = self._make_executor(self._num_processes)
        # Of those that may have killed their process, one at a time.
        self._suspects = concurrent.futures.ThreadPoolExecutor(1)
        self._num_broken: collections.Counter[pathlib.Path] = collections.Counter()
        self._is_closed = False
        self._bar = tqdm.tqdm(
            desc="cells",
            total=0,
            unit="cell",
            file=sys.stderr,
            disable=not progress,
            dynamic_ncols=True,
        )
        self._lock = threading.RLock()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        with self._lock:
            self._is_closed = kind is not None
            executors = list(self._executors)
        if kind is not None:
            # Nobody waits for what still runs; finished cells are on disk.
            for executor in executors:
                for process in list((executor._processes or {}).values()):
                    process.kill()
        self._suspects.shutdown(wait=kind is None, cancel_futures=True)
        for executor in executors:
            executor.shutdown(wait=kind is None, cancel_futures=True)
        self._bar.close()

    def submit(self, cell: Cell, directory: pathlib.Path) -> concurrent.futures.Future:
        """Starts a cell; the future gives its result."""
        with self._lock:
            self._bar.total += 1
            self._bar.refresh()
        return self._start(cell, directory)

    def resubmit(
        self, cell: Cell, directory: pathlib.Path
    ) -> concurrent.futures.Future:
        """Starts a cell again whose future was broken by the death of a process.

        A cell that had begun may be the one that killed its process. It is computed
        in a process of its own, where it breaks no other's.

        Returns:
          The future; its error is a RuntimeError if the cell does it again.
        """
        self._num_broken[directory] += 1
        is_suspect = self._num_broken[directory] > _MAX_BROKEN
        if not is_suspect and not any(unfinished(directory)):
            return self._start(cell, directory)
        with self._lock:
            self._check_open()
            future = self._suspects.submit(self._compute_alone, cell, directory)
        future.add_done_callback(lambda future: self._show_done(cell, future))
        return future

    def _start(self, cell, directory) -> concurrent.futures.Future:
        with self._lock:
            self._check_open()
            try:
                future = self._executor.submit(compute, cell, directory)
            except BrokenPool:
                self._executors.discard(self._executor)
                self._executor = self._make_executor(self._num_processes)
                future = self._executor.submit(compute, cell, directory)
        future.add_done_callback(lambda future: self._show_done(cell, future))
        return future

    def _compute_alone(self, cell: Cell, directory: pathlib.Path) -> dict[str, Any]:
        with self._lock:
            self._check_open()
            executor = self._make_executor(1)
            future = executor.submit(compute, cell, directory)
        try:
            return future.result()
        except BrokenPool as error:
            raise RuntimeError(
                f"The process of cell {cell.name!r} died, perhaps for want of memory."
            ) from error
        finally:
            executor.shutdown()
            with self._lock:
                self._executors.discard(executor)

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError("The pool of processes was closed.")

    def _make_executor(self, num_processes: int):
        executor = concurrent.futures.ProcessPoolExecutor(
            num_processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(os.getpid(),),
        )
        self._executors.add(executor)
        return executor

    def _show_done(self, cell: Cell, future: concurrent.futures.Future) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        with self._lock:
            self._bar.set_postfix_str(f"{cell.name} is done", refresh=False)
            self._bar.update()


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
