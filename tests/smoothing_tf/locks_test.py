"""Locks have one holder at a time, whom they name, and end with its process."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from smoothing_tf import locks
from smoothing_tf.locks import is_locked, locked

# Loads the one module: importing the package takes seconds.
_HOLD = """
import importlib.util, sys, time
spec = importlib.util.spec_from_file_location("locks", sys.argv[1])
locks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(locks)
with locks.locked(sys.argv[2]):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of `tmp_path`."""
    command = [sys.executable, "-c", _HOLD, locks.__file__, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_the_refusal_names_process_and_host_of_the_holder(tmp_path, holder):
    assert is_locked(tmp_path)
    who = f"in use by process {holder.pid} on {socket.gethostname()}"
    with pytest.raises(BlockingIOError, match=who) as error, locked(tmp_path):
        pass
    assert "\n" not in str(error.value)
    # Neither the refusal nor the query affected the holder.
    assert is_locked(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_ends_with_its_process(tmp_path, holder, number):
    os.kill(holder.pid, number)
    holder.wait()
    assert not is_locked(tmp_path)
    with locked(tmp_path):
        # The name that the killed process left is no longer there.
        assert (tmp_path / ".lock").read_text().startswith(f"process {os.getpid()} on")
    assert os.listdir(tmp_path) == []


def test_locks_of_other_names_and_directories_are_independent(tmp_path, holder):
    with locked(tmp_path, name=".other"):
        assert is_locked(tmp_path, ".other")
    (tmp_path / "below").mkdir()
    with locked(tmp_path / "below"):
        pass


def test_who_waits_gets_the_lock_when_it_is_free(tmp_path, holder):
    timer = threading.Timer(0.3, holder.kill)
    timer.start()
    with locked(tmp_path, wait_seconds=30):
        assert holder.wait() == -signal.SIGKILL
    timer.join()


def test_a_vain_wait_names_the_holder(tmp_path, holder):
    with (
        pytest.raises(BlockingIOError, match=f"process {holder.pid}"),
        locked(tmp_path, wait_seconds=0.1),
    ):
        pass


def test_the_name_of_a_dead_holder_is_ignored(tmp_path, holder):
    # As in the moment between taking the lock and writing one's name.
    (tmp_path / ".lock").write_text(f"process {2**22 + 1} on {socket.gethostname()}\n")
    with (
        pytest.raises(BlockingIOError, match="in use by another process"),
        locked(tmp_path),
    ):
        pass


def test_the_text_of_a_holder_on_another_host_is_believed(tmp_path, holder):
    (tmp_path / ".lock").write_text(f"process {2**22 + 1} on elsewhere\n")
    with pytest.raises(BlockingIOError, match="on elsewhere"), locked(tmp_path):
        pass


def test_threads_of_one_process_exclude_each_other(tmp_path):
    inside, most = [], []

    def work():
        with locked(tmp_path, wait_seconds=60):
            inside.append(None)
            most.append(len(inside))
            time.sleep(0.001)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 20
    assert os.listdir(tmp_path) == []


def test_a_question_about_an_unlocked_directory_leaves_no_file(tmp_path):
    assert not is_locked(tmp_path)
    assert not is_locked(tmp_path / "missing")
    assert os.listdir(tmp_path) == []
