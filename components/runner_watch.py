"""Ends a node's process when the runner that started it is gone.

kfp's local runner starts each node as the child of a shell. When the runner is killed,
neither that shell nor the process group ends. The runner therefore passes its process
id and start time to the nodes in an environment variable, and a thread in each node
checks that this process is still running. On a cluster the variable is not set and
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
    """Makes the variables by which nodes recognize this process as their runner."""
    pid = os.getpid()
    return {RUNNER_VARIABLE: f"{pid} {processes.start_time(pid)}"}


def runner_is_gone() -> bool:
    """Whether the runner of this node has ended; False if it has no runner."""
    runner = os.environ.get(RUNNER_VARIABLE)
    if not runner:
        return False
    pid, _, start = runner.partition(" ")
    return processes.start_time(int(pid)) != start


def end_with_runner() -> None:
    """Starts a thread that kills this process and its children when the runner ends.

    Every component calls this first, before it imports its executor, because that
    import takes seconds. The process ends within a second of the runner, without any
    cleanup, as SIGKILL would end it; artifacts are published atomically.
    """
    if not os.environ.get(RUNNER_VARIABLE):
        return
    if runner_is_gone():
        os._exit(_EXIT_STATUS)
    threading.Thread(target=_watch, name="runner watch", daemon=True).start()


def check_runner() -> None:
    """Checks that the runner is still there; called right before publishing.

    Raises:
      RuntimeError: the runner has ended.
    """
    if runner_is_gone():
        raise RuntimeError("The runner of this node has ended: nothing is published.")


def _watch() -> None:
    while not runner_is_gone():
        time.sleep(_SECONDS)
    processes.kill_descendants(os.getpid())
    os._exit(_EXIT_STATUS)
