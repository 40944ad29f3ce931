"""Dask clusters, in this process or of processes as a user starts them."""

import contextlib
import logging
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from smoothing_tf.checkout import ROOT

_SECONDS = 60.0


@contextlib.contextmanager
def dask_in_process(num_workers: int = 2) -> Iterator[str]:
    """Yields the address of a cluster in this process, with workers of one thread.

    Skips the test if Dask, an extra, is not installed.
    """
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=num_workers,
        threads_per_worker=1,
        processes=False,
        dashboard_address=":0",
        silence_logs=logging.ERROR,
    ) as cluster:
        yield cluster.scheduler_address


@contextlib.contextmanager
def dask_processes(
    directory: pathlib.Path, num_workers: int = 2
) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """Yields a scheduler's address and its workers, of one thread each.

    Args:
      directory: directory for their files.
      num_workers: number of worker processes, which nobody restarts.
    """
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    address_file = directory / "scheduler.json"

    def start(kind: str, *flags: str) -> subprocess.Popen:
        with (directory / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *flags],
                env=environment,
                cwd=directory,
                stdout=log,
                stderr=log,
            )

    processes = [
        start(
            "scheduler",
            "--host=127.0.0.1",
            "--port=0",
            "--no-dashboard",
            f"--scheduler-file={address_file}",
        )
    ]
    try:
        end = time.monotonic() + _SECONDS
        while not address_file.exists() and time.monotonic() < end:
            time.sleep(0.1)
        for _ in range(num_workers):
            processes.append(
                start(
                    "worker",
                    f"--scheduler-file={address_file}",
                    "--no-nanny",
                    "--no-dashboard",
                    "--nthreads=1",
                    f"--local-directory={directory}",
                )
            )
        yield _wait_for(address_file, num_workers), processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def _wait_for(address_file: pathlib.Path, num_workers: int) -> str:
    import distributed

    with distributed.Client(scheduler_file=str(address_file)) as client:
        client.wait_for_workers(num_workers, timeout=_SECONDS)
        return client.scheduler.address
