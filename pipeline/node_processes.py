"""The processes of a local run's nodes: their environment and their end."""

import contextlib
import os
import pathlib
import signal
import tempfile
import threading
from collections.abc import Iterator

from components import processes
from components.runner_watch import runner_environment
from smoothing_tf.code_digest import ROOT


class Terminated(SystemExit):
    """The run was told to end by SIGTERM; the exit status is 143."""

    def __init__(self):
        super().__init__(128 + signal.SIGTERM)


@contextlib.contextmanager
def node_environment(scratch: pathlib.Path) -> Iterator[None]:
    """Environment of the nodes' processes, which inherit this one's.

    They find our packages, print as they go, end with this process, and put their
    temporary files into `scratch`.
    """
    # Python keeps the first answer; that of this process must not be `scratch`.
    tempfile.gettempdir()
    before = dict(os.environ)
    paths = [str(ROOT), *filter(None, [before.get("PYTHONPATH")])]
    os.environ.update(
        runner_environment(),
        PYTHONPATH=os.pathsep.join(paths),
        PYTHONUNBUFFERED="1",
        TMPDIR=str(scratch),
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def nodes_end_on_signals() -> Iterator[None]:
    """Kills the running node at once on SIGTERM and on Ctrl-C.

    Without it kfp would first wait for the node. Children that this process had
    before stay. In a thread other than the main one signals are left alone.

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
        # A signal that is ignored, as by `nohup` or in the background, stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            handlers[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
