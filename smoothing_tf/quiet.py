"""Starts command lines without TensorFlow's noise, and makes Ctrl-C end them cleanly.

Importing this module changes nothing, and neither does `start` in a program that
merely imports the package: only `python -m` with one of our modules, the console
script, and the processes that they start are silenced. TF_CPP_MIN_LOG_LEVEL, if set, is
kept.
"""

import contextlib
import glob
import os
import pathlib
import re
import signal
import sys
import threading
from collections.abc import Iterator

from smoothing_tf.checkout import PACKAGES, ROOT

# Tells the processes that a silent command line starts that they are part of it; its
# value is the id of the command line's process.
_MARK = "SMOOTHING_TF_IS_QUIET"
_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_WARNINGS, _ERRORS, _FATAL = "1", "2", "3"
_NOTHING_DONE = b"Interrupted. Nothing was done yet.\n"
# Attribute that marks the handler of Ctrl-C that `start` installs.
_IS_OF_START = "is_of_start"
# Files by which the kernel shows a GPU, whether or not TensorFlow can use it.
_GPU_FILES = ("/dev/nvidia[0-9]*", "/proc/driver/nvidia/gpus/*", "/dev/dxg")
_ON_GPUS = re.compile(
    r"could not find cuda drivers|cannot dlopen|could not load dynamic library|cuinit"
    r"|skipping registering gpu|no cuda-capable device|driver version is insufficient",
    re.IGNORECASE,
)
_ADVICE = (
    "Install NVIDIA's driver and libraries (`make install-gpu`, or the extra `gpu`), or"
    " set CUDA_VISIBLE_DEVICES=-1 to compute on the CPU without this line."
)


def start(is_console_script: bool = False) -> None:
    """Prepares this process if it is one of our command lines; otherwise does nothing.

    The package calls it before anything imports TensorFlow, and the console script
    once more, when it knows that it runs a command. A command line only imports
    TensorFlow when it begins to compute; see `import_tensorflow`. A process that a
    command line has started computes, and imports it here.

    Args:
      is_console_script: whether the console script is running one of its commands.
    """
    if sys.stderr is None:  # Closed by whoever started the process.
        return
    if is_console_script or _is_command_line(sys.argv, sys.orig_argv):
        _exit_on_interrupt(_NOTHING_DONE)
        if _MARK in os.environ or os.environ.get(_LEVEL, _FATAL) >= _ERRORS:
            # TensorFlow says why it does not use a GPU only in warnings.
            os.environ.setdefault(_LEVEL, _WARNINGS if _gpu_files() else _FATAL)
            os.environ[_MARK] = str(os.getpid())
    elif _MARK in os.environ:
        is_worker = "--multiprocessing-fork" in sys.orig_argv
        if is_worker:
            _exit_on_interrupt(b"")  # The parent reports it.
        _import_quietly(explains_gpu=not is_worker)


def import_tensorflow() -> None:
    """Imports TensorFlow quietly if this process is one of our command lines.

    A command calls it when it has read its flags, right before the imports of what it
    computes with: TensorFlow takes seconds to import. Meanwhile Ctrl-C ends the process
    as it does before.
    """
    if os.environ.get(_MARK) == str(os.getpid()):
        _exit_on_interrupt(_NOTHING_DONE)
        _import_quietly()
        restore_interrupt()


def _import_quietly(explains_gpu: bool = True) -> None:
    """Imports TensorFlow; all that it says is why it does not use a GPU."""
    line = None
    with _captured_stderr() as read_stderr:
        # Some lines of the import itself ignore the level.
        import tensorflow as tf

        explains_gpu = explains_gpu and bool(_gpu_files())
        if explains_gpu and not tf.config.list_physical_devices("GPU"):
            line = explain_unused_gpu(read_stderr())
    if line is not None:
        print(line, file=sys.stderr)


def restore_interrupt() -> None:
    """Makes Ctrl-C raise KeyboardInterrupt again, after `start` has changed that."""
    if getattr(signal.getsignal(signal.SIGINT), _IS_OF_START, False):
        signal.signal(signal.SIGINT, signal.default_int_handler)


def explain_unused_gpu(log: str) -> str | None:
    """Says in one line why TensorFlow does not use the GPU of this machine.

    Args:
      log: messages of TensorFlow from its import and its search for GPUs.

    Returns:
      The line, or None where CUDA_VISIBLE_DEVICES hides the GPUs.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return None
    reasons = []
    for line in log.splitlines():
        # I0000 00:00:1795824068.860292    9512 cudart_stub.cc:31] What it says.
        text = (line.partition("] ")[2] or line).strip()
        reason = f"{text.rstrip('.')}."
        if _ON_GPUS.search(text) and reason not in reasons:
            reasons.append(reason)
    why = " ".join(reasons) or f"Set {_LEVEL}=0 to see its messages."
    return f"TensorFlow does not use the GPU of this machine. {why} {_ADVICE}"


def _gpu_files() -> list[str]:
    return [path for pattern in _GPU_FILES for path in glob.glob(pattern)]


@contextlib.contextmanager
def _captured_stderr() -> Iterator:
    """Catches what the process writes to file descriptor 2, C++ code included.

    Yields:
      A function that returns the text so far.
    """
    sys.stderr.flush()
    stderr, file = os.dup(2), os.memfd_create("stderr")
    os.dup2(file, 2)
    try:
        yield lambda: os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(file)


def _is_command_line(argv: list[str], orig_argv: list[str]) -> bool:
    """Whether the process is `python -m` with a module of ours.

    While Python looks for the module, its packages are imported and `argv` begins
    with "-m"; `orig_argv` still holds the name, e.g. python -u -m NAME ARGUMENTS.
    """
    if argv[:1] != ["-m"]:
        return False
    word = orig_argv[len(orig_argv) - len(argv)]
    attached = re.fullmatch(r"-[^-m]*m(.+)", word)  # python -umNAME
    top = (attached[1] if attached else word).partition(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None)
    return top in PACKAGES and file is not None and ROOT in pathlib.Path(file).parents


def _exit_on_interrupt(message: bytes) -> None:
    """Makes Ctrl-C end the process without a traceback."""
    is_main = threading.current_thread() is threading.main_thread()
    # If Ctrl-C is ignored, e.g. in a background job, it stays ignored.
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    stderr = os.dup(2)

    def handler(*_):
        # An exception might be caught by the module that is being imported.
        os.write(stderr, message)
        os._exit(130)

    setattr(handler, _IS_OF_START, True)
    signal.signal(signal.SIGINT, handler)
