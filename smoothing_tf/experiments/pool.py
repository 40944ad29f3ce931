"""The processes that compute cells."""

import concurrent.futures
import concurrent.futures.process
import contextlib
import ctypes
import multiprocessing
import os
import pathlib
import queue
import signal
import sys
import threading
from typing import Any

import tqdm

from smoothing_tf.experiments.cell import Cell, compute

_PR_SET_PDEATHSIG = 1


class Pool:
    """Worker processes of one thread each, for the cells of several experiments.

    A program of small models leaves a second thread idle; two processes do not.

    Args:
      num_processes: how many; None: as many as there are CPUs to use.
      cells_per_process: so many cells later a process gives way to a new one, since
        compiled programs stay in its memory.
      progress: whether to show a bar over the cells on stderr.
    """

    def __init__(
        self,
        num_processes: int | None = None,
        cells_per_process: int = 16,
        progress: bool = True,
    ):
        num_processes = num_processes or len(os.sched_getaffinity(0))
        # A thread waits for each process.
        self._threads = concurrent.futures.ThreadPoolExecutor(num_processes)
        self._workers = [_Worker(cells_per_process) for _ in range(num_processes)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
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
        if kind is not None:
            # Nobody waits for what still runs; finished cells are on disk.
            for worker in self._workers:
                worker.kill()
        self._threads.shutdown(cancel_futures=kind is not None)
        for worker in self._workers:
            worker.stop()
        self._bar.close()

    def submit(self, cell: Cell, directory: pathlib.Path) -> concurrent.futures.Future:
        """Starts a cell.

        Returns:
          A future of its result. Its error is the cell's, or a RuntimeError if the
          process of the cell died.
        """
        with self._lock:
            self._bar.total += 1
            self._bar.refresh()
        future = self._threads.submit(self._compute, cell, directory)
        future.add_done_callback(lambda future: self._show_done(cell, future))
        return future

    def _compute(self, cell: Cell, directory: pathlib.Path) -> dict[str, Any]:
        worker = self._idle.get()
        try:
            return worker.compute(cell, directory)
        finally:
            self._idle.put(worker)

    def _show_done(self, cell: Cell, future: concurrent.futures.Future) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        with self._lock:
            self._bar.set_postfix_str(f"{cell.name} is done", refresh=False)
            self._bar.update()


class _Worker:
    """One process at a time, that computes one cell at a time.

    Processes apart, since the death of one breaks the whole executor it is of. (The
    executor's own `max_tasks_per_child` hangs: CPython issue 115634.)
    """

    def __init__(self, cells_per_process: int):
        self._cells_per_process = cells_per_process
        self._num_cells = 0
        self._executor: concurrent.futures.ProcessPoolExecutor | None = None
        self._is_killed = False
        self._lock = threading.Lock()

    def compute(self, cell: Cell, directory: pathlib.Path) -> dict[str, Any]:
        """See `Pool.submit`."""
        if self._num_cells == self._cells_per_process:
            self.stop()
        with self._lock:
            if self._is_killed:
                raise RuntimeError("The pool of processes was closed.")
            if self._executor is None:
                self._executor = _make_executor()
                self._num_cells = 0
            future = self._executor.submit(compute, cell, directory)
        self._num_cells += 1
        try:
            return future.result()
        except concurrent.futures.process.BrokenProcessPool as error:
            self.stop()
            raise RuntimeError(
                "Its process died, perhaps for want of memory."
            ) from error

    def stop(self) -> None:
        """Ends the process after what it computes; the next cell starts another."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()

    def kill(self) -> None:
        """Ends the process at once, for good."""
        with self._lock:
            self._is_killed = True
            processes = self._executor._processes if self._executor else None
            for process in list((processes or {}).values()):
                process.kill()


def _make_executor() -> concurrent.futures.ProcessPoolExecutor:
    return concurrent.futures.ProcessPoolExecutor(
        1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(os.getpid(),),
    )


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
