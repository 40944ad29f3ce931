"""Messages for errors of the operating system: the path, and what to do about it."""

import contextlib
import errno
import os
import re
from collections.abc import Iterator

# The place of a failed operation in a graph, which does not help when a disk is full.
_PLACE_IN_GRAPH = re.compile(r"\{\{.*?\}\}\s*|\s*\[Op:\w+\]")
_WHAT_TO_DO = {
    errno.ENOSPC: "Free some space there, or name a place on another file system.",
    errno.EDQUOT: "Free some of your quota, or name a place on another file system.",
    errno.EFBIG: "Raise the limit on the size of files, e.g. by `ulimit -f unlimited`.",
    errno.EROFS: "Name a place on a file system that can be written to.",
    errno.EACCES: "Change its permissions, or name another place.",
    errno.EPERM: "Change its permissions, or name another place.",
    errno.EISDIR: "Name a file.",
    errno.ENAMETOOLONG: "Name a shorter one.",
    errno.EMFILE: "Raise the limit on open files, e.g. by `ulimit -n 4096`.",
    errno.ENOMEM: "Use a smaller batch size or a machine with more memory.",
}


@contextlib.contextmanager
def naming(
    path: str | os.PathLike, temporary: str | os.PathLike | None = None
) -> Iterator[None]:
    """Adds a path to an error of the operating system that names none.

    A write to a full disk, for example, fails without naming the file.

    Args:
      path: path of the file that is read or written.
      temporary: path that is written first; an error that names it gets `path` instead.
    """
    try:
        yield
    except OSError as error:
        is_ours = error.filename is None or error.filename == os.fspath(temporary or "")
        if error.errno is None or not is_ours:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def message_of_os_error(error: OSError) -> str:
    """Says in one line what went wrong, where, and what to do about it.

    An error without a number comes from this library or from Python and already has a
    full message.
    """
    if error.errno is None or error.strerror is None:
        return str(error)
    # The second name is the destination. The name of a file descriptor is a number.
    name = error.filename2 or error.filename
    is_path = isinstance(name, str | bytes)
    text = (
        f"{os.fsdecode(name)}: {error.strerror}." if is_path else f"{error.strerror}."
    )
    return " ".join([text, *filter(None, [_WHAT_TO_DO.get(error.errno)])])


def message_of_tensorflow(text: str) -> str:
    """Makes the message for a file that TensorFlow cannot write.

    Args:
      text: the message of TensorFlow's error, "PATH; message of the operating system".
    """
    reason = _PLACE_IN_GRAPH.sub("", text).partition("\n")[0].rstrip(".")
    advice = [what for code, what in _WHAT_TO_DO.items() if os.strerror(code) in reason]
    return " ".join([f"{reason}.", *advice[:1]])
