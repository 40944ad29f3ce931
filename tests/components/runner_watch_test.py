"""A node ends with its runner, whatever happens to the shell between them."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from components import processes, runner_watch

_ROOT = pathlib.Path(__file__).parents[2]
# A node with a child process, whose id it prints once both run.
_NODE = """
import subprocess
from components.runner_watch import end_with_runner
{before}
end_with_runner()
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
{work}
"""
_SLEEPS = "import time; time.sleep(60)"
_COMPUTES = "while True: sum(range(10**6))"
# Like native code that keeps the interpreter lock.
_HOLDS_THE_LOCK = "import ctypes; ctypes.PyDLL(None).sleep(60)"
# Takes from the node what only Linux has.
_NOT_LINUX = "import os; os.__dict__.pop('pidfd_open', None)"
# Starts the node as kfp does: its output to a pipe, a shell between.
_RUNNER = """
import os, subprocess, sys
from components.runner_watch import runner_environment
os.environ.update(runner_environment())
with subprocess.Popen(
    ["sh", "-c", '"$0" -c "$1"; true', sys.executable, sys.argv[1]],
    stdout=subprocess.PIPE, text=True,
) as process:
    for line in process.stdout:
        print(process.pid, line, end="", flush=True)
"""


def start_runner(work, before=""):
    return subprocess.Popen(
        [sys.executable, "-c", _RUNNER, _NODE.format(work=work, before=before)],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "work, before",
    [
        (_SLEEPS, ""),
        pytest.param(
            _HOLDS_THE_LOCK,
            "",
            marks=pytest.mark.skipif(
                not hasattr(os, "pidfd_open"), reason="Only Linux has a guard."
            ),
        ),
        (_COMPUTES, _NOT_LINUX),
    ],
    ids=["sleeps", "holds_the_lock", "not_linux"],
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_node_and_its_children_end_with_the_runner(work, before, number):
    with start_runner(work, before) as runner:
        runner.stdout.readline()
        tree = processes.descendants(runner.pid)
        is_guarded = hasattr(os, "pidfd_open") and not before
        assert len(tree) == 3 + is_guarded
        runner.send_signal(number)
        # Nobody waits for the runner: a zombie counts as ended.
        end = time.monotonic() + 5
        while any(processes.start_time(pid) is not None for pid in tree):
            assert time.monotonic() < end
            time.sleep(0.05)


def test_a_node_stays_as_long_as_its_runner():
    with start_runner(_SLEEPS) as runner:
        runner.stdout.readline()
        tree = processes.descendants(runner.pid)
        runner.send_signal(signal.SIGSTOP)  # A stopped runner still exists.
        time.sleep(3 * runner_watch._SECONDS)
        assert processes.descendants(runner.pid) == tree
        processes.kill_descendants(runner.pid)
        runner.kill()


def test_the_output_of_a_node_ends_with_the_node():
    """Nothing next to it keeps the pipe open, and nothing stays."""
    with start_runner("child.kill(); print('done', flush=True)") as runner:
        lines = runner.stdout.read().splitlines()
        assert lines[1].endswith("done") and runner.wait() == 0


def run_node(runner):
    code = "from components.runner_watch import end_with_runner; end_with_runner()"
    return subprocess.run(
        [sys.executable, "-c", code + "; print('works')"],
        cwd=_ROOT,
        env={**os.environ, runner_watch.RUNNER_VARIABLE: runner},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_node_that_starts_after_its_runner_does_nothing():
    ended = subprocess.Popen(["true"])
    runner = f"{ended.pid} {processes.start_time(ended.pid)}"
    ended.wait()
    node = run_node(runner)
    assert node.returncode == 1 and node.stdout == ""


def test_another_process_of_the_same_id_is_not_the_runner():
    pid, start = runner_watch.runner_environment()[runner_watch.RUNNER_VARIABLE].split()
    assert run_node(f"{pid} {start}").stdout == "works\n"
    assert run_node(f"{pid} {start}0").returncode == 1


def test_without_a_runner_nothing_is_watched(monkeypatch):
    monkeypatch.delenv(runner_watch.RUNNER_VARIABLE, raising=False)
    runner_watch.end_with_runner()
    runner_watch.check_runner()
    assert not runner_watch.runner_is_gone()


def test_nothing_is_published_without_the_runner(monkeypatch):
    monkeypatch.setenv(runner_watch.RUNNER_VARIABLE, f"{os.getpid()} 0")
    with pytest.raises(RuntimeError, match="nothing is published"):
        runner_watch.check_runner()


def test_every_component_watches_before_it_imports_its_executor():
    components = sorted((_ROOT / "components").glob("*/component.py"))
    assert len(components) == 8
    for path in components:
        body = re.findall(
            r"^    (?:from .*|end_with_runner\(\))$", path.read_text(), re.M
        )
        assert body == [
            "    from components.runner_watch import end_with_runner",
            "    end_with_runner()",
            f"    from components.{path.parent.name} import executor",
        ]


def test_the_watch_needs_no_tensorflow():
    code = (
        "import sys; from components import runner_watch;"
        " assert not {'tensorflow', 'smoothing_tf'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=_ROOT, check=True)
