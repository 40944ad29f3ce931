"""Command lines are quiet; a program that imports the package is left alone."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from smoothing_tf import quiet
from tests.testing.command_lines import ROOT


def _python(code, **environment):
    environment = {**os.environ, **environment}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(
    ("orig", "is_ours"),
    [
        (["python", "-m", "smoothing_tf.train"], True),
        (["python", "-X", "dev", "-um", "pipeline.local_runner"], True),
        (["python", "-msmoothing_tf.sample"], True),
        (["python", "-m", "benchmarks.training"], True),
        (["python", "-m", "pytest"], False),
        (["python", "-m", "theirs.smoothing_tf"], False),
        (["python", "-mtheirs"], False),
    ],
)
def test_which_processes_are_command_lines(monkeypatch, orig, is_ours):
    for package in ("pipeline", "benchmarks"):
        monkeypatch.setitem(sys.modules, package, sys.modules["smoothing_tf"])
    for arguments in ([], ["--flag", "-m"]):
        argv = ["-m", *arguments]
        assert quiet._is_command_line(argv, orig + arguments) == is_ours
    assert not quiet._is_command_line(["train.py"], orig)


def test_a_package_of_the_same_name_elsewhere_is_not_ours(monkeypatch, tmp_path):
    other = type(sys)("pipeline")
    other.__file__ = str(tmp_path / "pipeline" / "__init__.py")
    monkeypatch.setitem(sys.modules, "pipeline", other)
    assert not quiet._is_command_line(["-m"], ["python", "-m", "pipeline.mine"])


_LOG = """I0000 00:00:1795824068.859984    9512 port.cc:153] oneDNN custom operations
I0000 00:00:1795824068.860292    9512 cudart_stub.cc:31] Could not find cuda drivers
W0000 00:00:17 1 gpu_device.cc:2341] Cannot dlopen some GPU libraries. Install them.
W0000 00:00:17 1 gpu_device.cc:2342] Skipping registering GPU devices...
I0000 00:00:1795824070.860292    9512 cudart_stub.cc:31] Could not find cuda drivers
"""


def test_tensorflows_messages_about_an_unused_gpu_become_one_line(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert quiet.explain_unused_gpu(_LOG) == (
        "TensorFlow does not use the GPU of this machine. Could not find cuda drivers."
        " Cannot dlopen some GPU libraries. Install them. Skipping registering GPU"
        " devices. Install NVIDIA's driver and libraries (`make install-gpu`, or the"
        " extra `gpu`), or set CUDA_VISIBLE_DEVICES=-1 to compute on the CPU without"
        " this line."
    )
    assert "TF_CPP_MIN_LOG_LEVEL=0" in quiet.explain_unused_gpu("nothing about it")
    for hidden in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
        assert quiet.explain_unused_gpu(_LOG) is None


# Stands in for TensorFlow, which takes seconds to import.
_STAND_IN = f"""
import os, types
os.write(2, {_LOG.encode()!r})
config = types.SimpleNamespace(list_physical_devices=lambda kind: [])
"""


@pytest.mark.parametrize(
    "is_real", [False, pytest.param(True, marks=pytest.mark.large)]
)
def test_a_command_line_passes_on_why_a_gpu_is_not_used(tmp_path, is_real):
    """On a machine that shows a GPU, and where TensorFlow finds none."""
    (tmp_path / "nvidia0").touch()
    if not is_real:
        (tmp_path / "tensorflow.py").write_text(_STAND_IN)
    code = f"""
import sys
sys.argv = ["-m"]
import smoothing_tf.quiet as quiet
quiet._GPU_FILES = ({str(tmp_path / "nvidia*")!r},)
sys.orig_argv = ["python", "-m", "smoothing_tf.train"]
quiet.start()
assert "tensorflow" not in sys.modules
quiet.import_tensorflow()
"""
    lines = _python(code, PYTHONPATH=str(tmp_path)).stderr.splitlines()
    # On a machine whose GPU TensorFlow uses, nothing is printed.
    assert len(lines) <= 1
    if not is_real or not quiet._gpu_files():
        assert re.match(r"TensorFlow does not use the GPU .* cuda drivers", lines[0])


@pytest.mark.skipif(bool(quiet._gpu_files()), reason="TensorFlow may use the GPU")
@pytest.mark.parametrize("kind", ["node", "worker"])
def test_a_node_passes_it_on_and_a_worker_does_not(monkeypatch, tmp_path, capfd, kind):
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(quiet, "_GPU_FILES", (str(tmp_path / "nvidia*"),))
    monkeypatch.setenv(quiet._MARK, "1")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if kind == "worker":
        monkeypatch.setattr(sys, "orig_argv", ["python", "--multiprocessing-fork"])
    before = signal.getsignal(signal.SIGINT)
    try:
        quiet.start()
    finally:
        signal.signal(signal.SIGINT, before)
    explained = "TensorFlow does not use the GPU" in capfd.readouterr().err
    assert explained == (kind == "node")


def test_only_the_command_line_itself_imports_tensorflow_quietly(monkeypatch):
    imports = []
    monkeypatch.setattr(quiet, "_import_quietly", lambda: imports.append(True))
    before = signal.getsignal(signal.SIGINT)
    for mark in (None, "1", str(os.getpid())):
        if mark is None:
            monkeypatch.delenv(quiet._MARK, raising=False)
        else:
            monkeypatch.setenv(quiet._MARK, mark)
        quiet.import_tensorflow()
        assert imports == [True] * (mark == str(os.getpid()))
        assert signal.getsignal(signal.SIGINT) == before


def _captures(pid: int) -> bool:
    """Whether the process is importing TensorFlow, with its output caught."""
    try:
        return "memfd:stderr" in os.readlink(f"/proc/{pid}/fd/2")
    except FileNotFoundError:
        return False


def test_ctrl_c_during_the_imports_is_one_line(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "smoothing_tf.train", f"--workdir={tmp_path / 'run'}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Before the package there is only the start of Python itself.
    deadline = time.monotonic() + 60
    while not _captures(process.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert errors == "Interrupted. Nothing was done yet.\n"


def test_ctrl_c_raises_again_after_the_imports(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        quiet._exit_on_interrupt(b"")
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        quiet.restore_interrupt()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        # A program that ignores or handles the signal itself continues to do so.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        quiet._exit_on_interrupt(b"")
        quiet.restore_interrupt()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
