"""Advisory locks that end with their process."""

import contextlib
import errno
import fcntl
import os
import pathlib
import socket
import sys
import time
from collections.abc import Iterator
from typing import IO

LOCK_FILE = ".lock"

# A probe by `is_locked`, or a holder without a name, is gone by then.
_GRACE_SECONDS = 1.0
_POLL_SECONDS = 0.02
_UNSUPPORTED = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}


@contextlib.contextmanager
def locked(
    directory: str | os.PathLike,
    *,
    name: str = LOCK_FILE,
    wait_seconds: float = 0.0,
) -> Iterator[None]:
    """Locks a directory against other processes that lock it.

    The lock is the kernel's (flock): it ends with the process, however the process
    ends. The lock's file names the host and the process of the holder and is removed
    with the lock. A killed process leaves the file behind, which locks nobody out.
    Nothing else in the directory is affected: readers need no lock.

    Args:
      directory: an existing directory.
      name: name of the lock's file. Locks of different names are independent.
      wait_seconds: time to wait for another process, in seconds.

    Raises:
      BlockingIOError: another process, or thread, holds the lock.
      OSError: the lock's file cannot be written.
    """
    path = pathlib.Path(directory) / name
    file = _acquire(path, wait_seconds)
    try:
        yield
    finally:
        # It is removed while locked: a process that opened it before then notices
        # that `path` is another file now, and opens that one.
        if _is_at(file, path):
            path.unlink(missing_ok=True)
        file.close()


def is_locked(directory: str | os.PathLike, name: str = LOCK_FILE) -> bool:
    """Whether a process holds the lock of `directory`; changes nothing."""
    try:
        file = (pathlib.Path(directory) / name).open("rb")
    except OSError:
        return False
    with file:
        return not _try_lock(file, fcntl.LOCK_SH)


def _acquire(path: pathlib.Path, wait_seconds: float) -> IO[str]:
    give_up = time.monotonic() + max(wait_seconds, _GRACE_SECONDS)
    while True:
        # Not truncated on opening: it may be another process's.
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+")
        if _try_lock(file, fcntl.LOCK_EX):
            if _is_at(file, path):
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
                file.flush()
                return file
            file.close()
            continue
        holder = file.read().strip()
        file.close()
        is_known = _is_alive(holder) and wait_seconds == 0.0
        if is_known or time.monotonic() > give_up:
            who = holder if _is_alive(holder) else "another process"
            raise BlockingIOError(
                f"The directory {path.parent} is in use by {who}. Wait for it to"
                " end, or name another directory."
            )
        time.sleep(_POLL_SECONDS)


def _try_lock(file: IO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise OSError(error.errno, error.strerror, file.name) from error
        print(
            f"Warning: the file system of {file.name} has no locks: make sure that no"
            " other process writes there.",
            file=sys.stderr,
        )
    return True


def _is_at(file: IO, path: pathlib.Path) -> bool:
    """Whether the open file is still the one that has this path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _is_alive(holder: str) -> bool:
    """Whether the process that a holder's text names may still be running.

    A process on another host is assumed to be running.
    """
    words = holder.split()
    if len(words) != 4 or not words[1].isdigit():
        return False
    if words[3] != socket.gethostname():
        return True
    try:
        os.kill(int(words[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
