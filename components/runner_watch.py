"""Ends a node's process when the runner that started it is gone.

kfp's local runner starts each node as the child of a shell. When the runner is killed,
neither that shell nor the process group ends. The runner therefore passes its process
id and start time to the nodes in an environment variable, and each node has itself
killed when that process ends. On a cluster the variable is not set and nothing is
watched.

On Linux the kernel wakes a small process next to the node, which has an interpreter of
its own: a thread of the node would wait for as long as native code holds the node's
interpreter lock, e.g. while a large graph is compiled. Linux could also kill a node
with its parent (PR_SET_PDEATHSIG), but the parent is the shell, which stays, and the
node's children would stay as well. On other systems a thread in the node watches.
"""

import os
import select
import signal
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
    """Has this process and its children killed when the runner ends.

    Every component calls this first, before it imports its executor, because that
    import takes seconds. The process ends within a second of the runner, by SIGKILL or
    as SIGKILL would end it, without any cleanup; artifacts are published atomically.
    """
    runner = os.environ.get(RUNNER_VARIABLE)
    if not runner:
        return
    # File descriptors that stand for the processes, whatever becomes of their ids.
    handles = _open_processes(os.getpid(), int(runner.partition(" ")[0]))
    if runner_is_gone():
        os._exit(_EXIT_STATUS)
    if handles is None:
        threading.Thread(target=_watch, name="runner watch", daemon=True).start()
    elif os.fork():
        for handle in handles:
            os.close(handle)
    else:
        _guard(*handles)


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


def _open_processes(*pids: int) -> list[int] | None:
    """Opens processes; None if one is gone or this system cannot do so."""
    handles: list[int] = []
    try:
        for pid in pids:
            handles.append(os.pidfd_open(pid))
    except (AttributeError, OSError):  # AttributeError: not on Linux.
        for handle in handles:
            os.close(handle)
        return None
    return handles


def _guard(node: int, runner: int) -> None:
    """Waits in a process of its own until the node or its runner ends."""
    try:
        # The runner reads the node's output until nobody can write to it any more.
        os.closerange(0, 3)
        # Ctrl-C reaches the whole process group; this process ends after the node.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        pid = os.getppid()
        poll = select.poll()
        poll.register(node, select.POLLIN)
        poll.register(runner, select.POLLIN)
        if node not in (ended for ended, _ in poll.poll()):
            # A stopped node starts no more children.
            signal.pidfd_send_signal(node, signal.SIGSTOP)
            processes.kill_descendants(pid, {os.getpid()})
            signal.pidfd_send_signal(node, signal.SIGKILL)
    finally:
        os._exit(_EXIT_STATUS)
