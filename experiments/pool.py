"""The processes that compute cells."""

import concurrent.futures
import contextlib
import ctypes
import multiprocessing
import os
import pathlib
import signal
import sys
import threading
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import tqdm

from experiments.cell import Cell, compute

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
        cells_per_process: int = 8,
        progress: bool = True,
    ):
        num_processes = num_processes or len(os.sched_getaffinity(0))
        self._cells_per_process = cells_per_process
        self._workers: list[_Worker] = []
        self._is_closed = threading.Event()
        # Each thread has a worker of its own: a process ends with the thread that
        # started it, see `_start_worker`.
        self._of_thread = threading.local()
        self._threads = concurrent.futures.ThreadPoolExecutor(
            num_processes, initializer=self._add_worker
        )
        self._shows_progress = progress
        self._bar: tqdm.tqdm | None = None  # Until there is a cell.
        self._lock = threading.RLock()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.kill()
        self._threads.shutdown()
        self.rest()
        if self._bar is not None:
            self._bar.close()

    def rest(self) -> None:
        """Frees the memory of idle processes; the next cell starts a new one."""
        for worker in self._workers:
            worker.stop()

    def kill(self) -> None:
        """Ends all at once; finished cells are on disk, the others' futures fail."""
        self._is_closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()

    def submit(self, cell: Cell, directory: pathlib.Path) -> concurrent.futures.Future:
        """Starts a cell.

        Returns:
          A future of what `cell.compute` returns. Its error is the cell's, or a
          RuntimeError if the process of the cell died.
        """
        with self._lock:
            if self._bar is None:
                self._bar = tqdm.tqdm(
                    desc="cells",
                    total=0,
                    unit="cell",
                    file=sys.stderr,
                    disable=not self._shows_progress,
                    dynamic_ncols=True,
                )
            self._bar.total += 1
            self._bar.refresh()
        future = self._threads.submit(
            lambda: self._of_thread.worker.compute(cell, directory)
        )
        future.add_done_callback(lambda future: self._show_done(cell, future))
        return future

    def _add_worker(self) -> None:
        self._of_thread.worker = _Worker(self._cells_per_process, self._is_closed)
        self._workers.append(self._of_thread.worker)

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

    def __init__(self, cells_per_process: int, is_closed: threading.Event):
        self._cells_per_process = cells_per_process
        self._is_closed = is_closed
        self._num_cells = 0
        self._executor: concurrent.futures.ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def compute(self, cell: Cell, directory: pathlib.Path) -> dict[str, Any]:
        """See `Pool.submit`."""
        if self._num_cells == self._cells_per_process:
            self.stop()
        try:
            future = self._submit(cell, directory)
        except BrokenProcessPool:
            # It died while it was idle.
            self.stop()
            future = self._submit(cell, directory)
        self._num_cells += 1
        try:
            return future.result()
        except BrokenProcessPool as error:
            self.stop()
            raise RuntimeError("The worker process died (out of memory?).") from error

    def _submit(self, cell, directory) -> concurrent.futures.Future:
        with self._lock:
            if self._is_closed.is_set():
                raise RuntimeError("The pool of processes was closed.")
            if self._executor is None:
                self._executor = _make_executor()
                self._num_cells = 0
            return self._executor.submit(compute, cell, directory)

    def stop(self) -> None:
        """Ends the process after what it computes; the next cell starts another."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()

    def kill(self) -> None:
        """Ends the process at once."""
        with self._lock:
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
