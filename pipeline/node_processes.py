"""Environment and termination of the processes that run a local run's nodes."""

import contextlib
import os
import pathlib
import signal
import tempfile
import threading
from collections.abc import Iterator

from components import processes
from components.runner_watch import runner_environment
from components.train.checkpoint_root import CHECKPOINT_ROOT_VARIABLE
from smoothing_tf.checkout import ROOT

# Directory of the trainings in a pipeline root.
CHECKPOINTS = "checkpoints"


class Terminated(SystemExit):
    """SIGTERM has ended the run; the exit status is 143."""

    def __init__(self):
        super().__init__(128 + signal.SIGTERM)


@contextlib.contextmanager
def node_environment(scratch: pathlib.Path) -> Iterator[None]:
    """Sets the environment variables that the nodes' processes inherit.

    Nodes find our packages, do not buffer their output, end with this process, create
    temporary files in `scratch`, and keep checkpoints in the pipeline root.

    Args:
      scratch: directory for temporary files, in the pipeline root.
    """
    # Python caches the first answer; for this process it must not be `scratch`.
    tempfile.gettempdir()
    before = dict(os.environ)
    paths = [str(ROOT), *filter(None, [before.get("PYTHONPATH")])]
    os.environ.update(
        runner_environment(),
        PYTHONPATH=os.pathsep.join(paths),
        PYTHONUNBUFFERED="1",
        TMPDIR=str(scratch),
        **{CHECKPOINT_ROOT_VARIABLE: str(scratch.parent / CHECKPOINTS)},
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def nodes_end_on_signals() -> Iterator[None]:
    """Kills the running node immediately on SIGTERM and on Ctrl-C.

    Otherwise kfp would first wait for the node to end. Existing children of this
    process are left alone. Outside the main thread this does nothing.

    Raises:
      KeyboardInterrupt: on SIGINT.
      Terminated: on SIGTERM.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pid = os.getpid()
    spared = processes.descendants(pid)

    def stop(number, _):
        processes.kill_descendants(pid, spared)
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated

    handlers = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        # A signal may be ignored on purpose, e.g. for a job in the background.
        if signal.getsignal(number) is not signal.SIG_IGN:
            handlers[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
