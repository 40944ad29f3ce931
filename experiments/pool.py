"""Worker processes that compute cells."""

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
    """Single-threaded worker processes that compute the cells of several experiments.

    Small models leave a second thread idle, while a second process stays busy.

    Args:
      num_processes: number of processes; None: one per available CPU.
      cells_per_process: number of cells after which a process is replaced by a new one,
        because compiled programs stay in its memory.
      progress: whether to show a progress bar of the cells on stderr.
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
        # Each thread has its own worker, because a process ends with the thread that
        # started it; see `_start_worker`.
        self._local = threading.local()
        self._threads = concurrent.futures.ThreadPoolExecutor(
            num_processes, initializer=self._add_worker
        )
        self._shows_progress = progress
        self._bar: tqdm.tqdm | None = None  # Created with the first cell.
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
        """Ends idle processes to free their memory; the next cell starts a new one."""
        for worker in self._workers:
            worker.stop()

    def kill(self) -> None:
        """Ends all processes at once.

        Finished cells are on disk; the futures of all others fail.
        """
        self._is_closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()

    def submit(self, cell: Cell, directory: pathlib.Path) -> concurrent.futures.Future:
        """Queues a cell.

        Args:
          cell: the computation.
          directory: directory to create, as for `cell.compute`.

        Returns:
          A future of the return value of `cell.compute`. It fails with the cell's own
          error, or with a RuntimeError if the cell's process died.
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
            lambda: self._local.worker.compute(cell, directory)
        )
        future.add_done_callback(lambda future: self._show_done(cell, future))
        return future

    def _add_worker(self) -> None:
        self._local.worker = _Worker(self._cells_per_process, self._is_closed)
        self._workers.append(self._local.worker)

    def _show_done(self, cell: Cell, future: concurrent.futures.Future) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        with self._lock:
            self._bar.set_postfix_str(f"{cell.name} is done", refresh=False)
            self._bar.update()


class _Worker:
    """Runs one process at a time, which computes one cell at a time.

    Every worker has its own executor, because a process that dies breaks the whole
    executor. (The executor's own `max_tasks_per_child` hangs: CPython issue 115634.)
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
            # The process died while it was idle.
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
        """Ends the process after its current cell; the next cell starts a new one."""
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
    """Limits a new process to one thread, ignores Ctrl-C and ties it to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):  # Only Linux has it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    # Hides warnings of retracing: every cell compiles its own functions on purpose.
    tf.get_logger().setLevel("ERROR")
