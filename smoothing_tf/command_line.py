"""Runs command lines: help, one-line errors, exit status."""

import contextlib
import dis
import errno
import os
import pathlib
import re
import sys
from collections.abc import Callable, Sequence

from absl import flags

from smoothing_tf import quiet
from smoothing_tf.checkout import PACKAGES, ROOT
from smoothing_tf.cli import rewrite_usage
from smoothing_tf.config import HelpRequested
from smoothing_tf.config.help_text import help_text
from smoothing_tf.os_errors import message_of_os_error, naming

_RAISE = dis.opmap["RAISE_VARARGS"]
# TensorFlow's messages on a worker that has lost another one.
_OF_WORKERS = re.compile(r"Collective ops is aborted by|remote target|heartbeat", re.I)
_WORKER = re.compile(r"/job:(\w+)/replica:\d+/task:(\d+)")


def run(
    main: Callable[[Sequence[str]], None],
    kept: str = "No file was left half-written.",
) -> None:
    """Runs a command on `sys.argv` and exits.

    An error that the user can act on becomes one line on stderr. Any other error is a
    defect and keeps its traceback; see `is_deliberate`.

    Args:
      main: function of the arguments, without the program's name.
      kept: sentence on what an interrupted run leaves behind.
    """
    try:
        quiet.restore_interrupt()
        _main_or_help(main)
        with naming("standard output"):
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader of the output, e.g. `head`, has closed its end.
        _discard_stdout()
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"Interrupted. {kept}", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not is_deliberate(error):
            raise
        _fail(error)


def is_deliberate(error: Exception) -> bool:
    """Whether an error tells the user what to do and is not a defect.

    There are three kinds: errors in the flags; errors of the machine, i.e. of the
    operating system, of memory or of another worker; and errors that our own code
    raises on purpose, with a `raise` statement. An error that Python itself raises in
    our code, e.g. for None < 1.0, is a defect.
    """
    if isinstance(error, flags.Error | OSError | MemoryError):
        return True
    if _is_of_tensorflow(error, "OpError"):
        return _is_out_of_memory(error) or _is_lost_worker(error)
    if isinstance(error, NotImplementedError | RecursionError):
        return False
    kinds = ValueError | TypeError | ArithmeticError | RuntimeError
    return isinstance(error, kinds) and _is_raised_by_us(error)


def message_of(error: Exception) -> str:
    """Makes the one-line message of a deliberate error."""
    if isinstance(error, OSError):
        text = message_of_os_error(error)
    elif _is_out_of_memory(error) and os.strerror(errno.ENOSPC) in str(error):
        # TensorFlow raises the same kind of error for a full disk and for lack of
        # memory.
        reason = str(error).partition("\n")[0]
        text = message_of_os_error(OSError(errno.ENOSPC, reason))
    elif isinstance(error, MemoryError) or _is_out_of_memory(error):
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        text = (
            f"Out of memory: {reason or 'an allocation failed'}. Use a smaller batch"
            " size or model, or a machine with more memory."
        )
    elif _is_lost_worker(error):
        text = _lost_worker(error)
    else:
        text = str(error)
    # Escape characters must not reach the terminal.
    text = "".join(c if c.isprintable() or c.isspace() else repr(c)[1:-1] for c in text)
    return " ".join(text.split())


def _main_or_help(main: Callable[[Sequence[str]], None]) -> None:
    try:
        main(sys.argv[1:])
    except HelpRequested as request:
        usage = rewrite_usage(request.usage)
        print(help_text(usage, request.groups, request.stage_classes))


def _fail(error: Exception) -> None:
    if isinstance(error, OSError) and error.filename == "standard output":
        _discard_stdout()
    print(f"error: {message_of(error)}", file=sys.stderr)
    if _is_lost_worker(error):
        # TensorFlow would try to disconnect from the lost worker and hang.
        _exit_at_once(1)
    sys.exit(1)


def _exit_at_once(status: int) -> None:
    """Ends the process without the clean-up of libraries; files are closed by now."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)


def _discard_stdout() -> None:
    """Sends stdout to /dev/null, because Python flushes it once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_raised_by_us(error: Exception) -> bool:
    """Whether the innermost frame is ours and was executing a `raise` statement."""
    last = error.__traceback__
    if last is None:
        return False
    while last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code
    source = pathlib.Path(code.co_filename).resolve()
    is_ours = any(source.is_relative_to(ROOT / package) for package in PACKAGES)
    return is_ours and code.co_code[last.tb_lasti] == _RAISE


def _is_of_tensorflow(error: Exception, kind: str) -> bool:
    """Whether an error is a `tf.errors.KIND`, without importing TensorFlow."""
    return any(
        parent.__name__ == kind and parent.__module__.startswith("tensorflow.")
        for parent in type(error).__mro__
    )


def _is_out_of_memory(error: Exception) -> bool:
    return _is_of_tensorflow(error, "ResourceExhaustedError")


def _is_lost_worker(error: Exception) -> bool:
    if not os.environ.get("TF_CONFIG") or not _is_of_tensorflow(error, "OpError"):
        return False
    is_unavailable = _is_of_tensorflow(error, "UnavailableError")
    return is_unavailable or bool(_OF_WORKERS.search(str(error)))


def _lost_worker(error: Exception) -> str:
    match = _WORKER.search(str(error))
    which = f"The {match[1]} {match[2]}" if match else "A worker"
    return (
        f"{which} of the cluster no longer responds; its own output says why."
        " Start the command on every machine again: training resumes from the last"
        " checkpoint."
    )
