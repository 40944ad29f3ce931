"""Signals: the first asks to stop, the second ends the process."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from smoothing_tf.training import stop_signals
from smoothing_tf.training.stop_signals import StopSignals

# Loads the one module: importing the package takes seconds.
_SCRIPT = """
import hashlib, importlib.util, sys, time
spec = importlib.util.spec_from_file_location("stop_signals", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

def work(stop):
    if sys.argv[2] == "idle":
        print("ready", flush=True)
        time.sleep(60)
    with stop.deferred():
        print("ready", flush=True)
        if sys.argv[2] == "compiled":
            # As a compiled function: not interruptible, and without Python's lock.
            hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
        while not stop.requested:
            time.sleep(0.01)
        print("saved", flush=True)
        stop.raise_if_requested()

try:
    with module.StopSignals() as stop:
        work(stop)
except KeyboardInterrupt:
    sys.exit(130)
"""
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}


@pytest.fixture
def start():
    processes = []

    def start(what):
        command = [sys.executable, "-c", _SCRIPT, stop_signals.__file__, what]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        processes.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", STATUS)
def test_a_signal_ends_work_that_is_not_deferred(start, number):
    process = start("idle")
    process.send_signal(number)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == STATUS[number] and output == ""
    assert errors == ("Terminated.\n" if number == signal.SIGTERM else "")


@pytest.mark.parametrize("number", STATUS)
def test_a_deferred_signal_lets_the_work_be_saved(start, number):
    process = start("deferred")
    process.send_signal(number)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == STATUS[number] and output == "saved\n"
    (line,) = errors.strip().splitlines()
    assert line.startswith(f"{number.name}: finishing the current call")


@pytest.mark.parametrize("number", STATUS)
def test_signals_that_arrive_together_are_one_request(start, number):
    process = start("deferred")
    for _ in range(3):  # As timeout(1): the process, then its group.
        process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == STATUS[number] and output == "saved\n"


@pytest.mark.parametrize("first", STATUS)
@pytest.mark.parametrize("second", STATUS)
def test_a_second_signal_ends_the_process_at_once(start, first, second):
    process = start("compiled")
    process.send_signal(first)
    # Reported while the function runs, when Python's own handlers have to wait.
    assert process.stderr.readline() == "\n"
    assert process.stderr.readline().startswith(f"{first.name}: finishing the current")
    assert process.poll() is None
    time.sleep(1.0)
    process.send_signal(second)
    process.wait(timeout=20)
    assert process.returncode == STATUS[second]
    assert process.stdout.read() == ""


def test_outside_the_main_thread_nothing_is_installed():
    before = [signal.getsignal(number) for number in STATUS]
    inside = []

    def enter():
        with StopSignals() as stop, stop.deferred():
            inside.extend(signal.getsignal(number) for number in STATUS)
            stop.raise_if_requested()

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert inside == before


def test_handlers_are_put_back_and_no_thread_is_left():
    before = [signal.getsignal(number) for number in STATUS]
    threads, wakeup = threading.active_count(), signal.set_wakeup_fd(-1)
    with StopSignals() as stop, stop.deferred():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
        assert stop.requested == signal.SIGTERM
    assert [signal.getsignal(number) for number in STATUS] == before
    assert threading.active_count() == threads
    assert signal.set_wakeup_fd(wakeup) == -1
