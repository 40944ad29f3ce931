"""The environment of nodes, and their end by signals."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from components import processes, runner_watch
from pipeline import node_processes

_ROOT = pathlib.Path(__file__).parents[2]


def test_the_environment_is_as_before_after_a_run(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = dict(os.environ)
    with node_processes.node_environment(tmp_path):
        assert os.environ["PYTHONPATH"].endswith(":/somewhere")
        assert os.environ["TMPDIR"] == str(tmp_path)
        assert os.environ[runner_watch.RUNNER_VARIABLE].startswith(f"{os.getpid()} ")
    assert dict(os.environ) == before
    assert tempfile.gettempdir() != str(tmp_path)


# A process with an earlier child, which runs two nodes as kfp does. A single process
# runs both, because importing the package takes most of the time.
_RUN = """
import subprocess
from pipeline.node_processes import nodes_end_on_signals
before = subprocess.Popen(["sleep", "60"])
for _ in range(2):
    try:
        with nodes_end_on_signals():
            node = ["sh", "-c", "sleep 60; echo the node worked on"]
            with subprocess.Popen(node, stdout=subprocess.PIPE, text=True) as process:
                print("started", flush=True)
                for line in process.stdout:
                    print(line, flush=True)
    except BaseException as end:
        status = getattr(end, "code", None)
        print(type(end).__name__, status, before.poll(), process.poll(), flush=True)
before.kill()
"""


def test_a_signal_kills_the_node_at_once():
    with subprocess.Popen(
        [sys.executable, "-c", _RUN],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as runner:
        for number, end in (
            (signal.SIGTERM, "Terminated 143"),
            (signal.SIGINT, "KeyboardInterrupt None"),
        ):
            assert runner.stdout.readline() == "started\n"
            runner.send_signal(number)
            start = time.monotonic()
            # The child from before runs; the node's shell was killed.
            assert runner.stdout.readline() == f"{end} None {-signal.SIGKILL}\n"
            assert time.monotonic() - start < 5


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with node_processes.nodes_end_on_signals():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_handlers_are_as_before_after_a_run():
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
    with node_processes.nodes_end_on_signals():
        during = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)] == before
    assert not set(map(id, during)) & set(map(id, before))


def test_another_thread_leaves_signals_alone():
    seen = []

    def run():
        with node_processes.nodes_end_on_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]
    assert processes.start_time(os.getpid()) is not None
