"""Finds and kills processes of this machine.

Reads /proc where it exists and asks `ps` elsewhere.
"""

import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Collection

_PROC = pathlib.Path("/proc")
_HAS_PROC = (_PROC / "self" / "stat").exists()
# States of a process that has exited but has not been waited for.
_ENDED = ("Z", "X")


def start_time(pid: int) -> str | None:
    """Reads a process's start time, which makes its id, which may be reused, unique.

    Returns:
      Text without spaces in a unit of the system's, or None if no process with this
      id is running. A zombie is not running.
    """
    if not _HAS_PROC:
        return _start_time_by_ps(pid)
    fields = _stat_fields(pid)
    return None if fields is None else fields[19]


def descendants(pid: int) -> set[int]:
    """Finds the ids of a process's running children, their children, and so on."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents().items():
        children.setdefault(parent, []).append(child)
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        new = set(children.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def kill_descendants(
    pid: int, spared: Collection[int] = (), seconds: float = 2.0
) -> None:
    """Sends SIGKILL to all descendants of a process until none is running.

    Args:
      pid: id of the process, which is not killed itself.
      spared: ids of descendants to leave alone.
      seconds: how long to wait for them to end.
    """
    end = time.monotonic() + seconds
    while running := descendants(pid).difference(spared):
        for child in running:
            try:
                os.kill(child, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if time.monotonic() > end:
            return
        time.sleep(0.01)


def _stat_fields(pid: int) -> list[str] | None:
    """Reads the fields of /proc/PID/stat, starting with the third one, the state."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    # The second field is the name in parentheses, which may itself contain spaces
    # and parentheses.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in _ENDED else fields


def _parents() -> dict[int, int]:
    """Maps the id of every running process to the id of its parent."""
    if not _HAS_PROC:
        return _parents_by_ps()
    parents = {}
    for entry in os.listdir(_PROC):
        if entry.isdecimal() and (fields := _stat_fields(int(entry))):
            parents[int(entry)] = int(fields[1])
    return parents


def _start_time_by_ps(pid: int) -> str | None:
    text, _ = _ps("-o", "stat=,lstart=", "-p", str(pid))
    state, *started = text.split() or ["X"]
    return None if state[0] in _ENDED else "-".join(started)


def _parents_by_ps() -> dict[int, int]:
    text, own = _ps("-A", "-o", "pid=,ppid=,stat=")
    parents = {}
    for line in text.splitlines():
        pid, parent, state = line.split()[:3]
        if state[0] not in _ENDED and int(pid) != own:
            parents[int(pid)] = int(parent)
    return parents


def _ps(*arguments: str) -> tuple[str, int]:
    """Returns the output of `ps`, and its process id."""
    with subprocess.Popen(
        ["ps", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C"},
        text=True,
    ) as process:
        return process.communicate()[0], process.pid
