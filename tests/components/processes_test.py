"""Processes: unique names, their trees, the end of a tree."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from components import processes


@pytest.fixture(params=["proc", "ps"])
def source(request, monkeypatch):
    """Both sources of information about processes."""
    if request.param == "ps" and shutil.which("ps") is None:
        pytest.skip("there is no ps")
    if request.param == "proc" and not processes._HAS_PROC:
        pytest.skip("there is no /proc")
    monkeypatch.setattr(processes, "_HAS_PROC", request.param == "proc")


@pytest.fixture
def start():
    """Starts a command; its whole session is killed at the end."""
    started = []

    def start(*command):
        process = subprocess.Popen(command, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_process_keeps_its_start_time_until_it_ends(source, start):
    process = start("sleep", "60")
    started = processes.start_time(process.pid)
    assert started and " " not in started
    assert processes.start_time(process.pid) == started
    process.kill()
    # Nobody waits for it, so it becomes a zombie, which is not running.
    wait_for(lambda: processes.start_time(process.pid) is None)
    process.wait()
    assert processes.start_time(process.pid) is None


def test_two_processes_differ(start):
    first = start("sleep", "60")
    time.sleep(0.05)  # The clock of start times has 100 ticks a second.
    second = start("sleep", "60")
    assert processes.start_time(first.pid) != processes.start_time(second.pid)


@pytest.mark.skipif(not processes._HAS_PROC, reason="of /proc alone")
def test_a_process_with_parentheses_in_its_name(start, tmp_path):
    program = tmp_path / "a) S (b"
    shutil.copy(shutil.which("sleep"), program)
    process = start(str(program), "60")
    assert processes.start_time(process.pid).isdecimal()
    assert process.pid in processes.descendants(os.getpid())


def test_a_tree_is_seen_and_killed_whole(source, start):
    # A shell, a second shell below it, and the command of the second one.
    process = start("sh", "-c", "sh -c 'sleep 60; true' & sleep 60; true")
    wait_for(lambda: len(processes.descendants(process.pid)) == 3)
    tree = processes.descendants(process.pid)
    assert process.pid not in tree
    assert tree < processes.descendants(os.getpid())
    processes.kill_descendants(process.pid)
    wait_for(lambda: all(processes.start_time(pid) is None for pid in tree))
    assert processes.descendants(process.pid) == set()


def test_spared_processes_stay(source, start):
    parent = start(
        sys.executable,
        "-c",
        "import subprocess, time;"
        " [subprocess.Popen(['sleep', '60']) for _ in range(2)]; time.sleep(60)",
    )
    wait_for(lambda: len(processes.descendants(parent.pid)) == 2)
    spared, killed = sorted(processes.descendants(parent.pid))
    processes.kill_descendants(parent.pid, {spared})
    assert processes.start_time(spared) is not None
    wait_for(lambda: processes.start_time(killed) is None)
