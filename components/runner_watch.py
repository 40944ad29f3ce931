"""A node ends with the runner that started it.

kfp's local runner starts a node as the child of a shell, and neither that shell nor a
process group ends when the runner is killed. So the runner names itself in the
environment of its nodes, and every node watches it. On a cluster nobody is named, and
nothing is watched.
"""

import os
import threading
import time

from components import processes

# "PID START_TIME" of the runner.
RUNNER_VARIABLE = "SMOOTHING_TF_RUNNER"
_SECONDS = 0.5
_EXIT_STATUS = 1


def runner_environment() -> dict[str, str]:
    """Environment variables by which this process's nodes know their runner."""
    pid = os.getpid()
    return {RUNNER_VARIABLE: f"{pid} {processes.start_time(pid)}"}


def runner_is_gone() -> bool:
    """Whether the runner that started this node has ended; False without one."""
    runner = os.environ.get(RUNNER_VARIABLE)
    if not runner:
        return False
    pid, _, start = runner.partition(" ")
    return processes.start_time(int(pid)) != start


def end_with_runner() -> None:
    """Ends this process and its children within a second of the runner's end.

    Every component calls it first, before the import of its executor, which takes
    seconds. The watch is a daemon thread; it ends the process without any cleanup, as
    SIGKILL would: what a node publishes is complete or absent at any moment.
    """
    if not os.environ.get(RUNNER_VARIABLE):
        return
    if runner_is_gone():
        os._exit(_EXIT_STATUS)
    threading.Thread(target=_watch, name="runner watch", daemon=True).start()


def check_runner() -> None:
    """Checks, right before something is published, that there is still a runner.

    Raises:
      RuntimeError: it has ended.
    """
    if runner_is_gone():
        raise RuntimeError("The runner of this node has ended: nothing is published.")


def _watch() -> None:
    while not runner_is_gone():
        time.sleep(_SECONDS)
    processes.kill_descendants(os.getpid())
    os._exit(_EXIT_STATUS)
