"""Errors as a user sees them: one line with advice, a non-zero status, no leftovers."""

import errno
import os
import sys
import textwrap

import pytest
import tensorflow as tf
from absl import flags

from smoothing_tf import command_line
from tests.testing.command_lines import ROOT, call_command

_EXAMPLE = str(ROOT / "smoothing_tf" / "example.py")
_IMPORTS = """
import concurrent.futures, contextlib, json, math
import numpy as np
import tensorflow as tf
"""


def test_help_names_the_flags():
    result = call_command("smoothing_tf.train", "--help")
    assert result.status == 0
    assert "--noise_scale" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    "module, arguments, message",
    [
        ("train", ["--workdir=w", "--batch_siz=3"], "Did you mean: batch_size"),
        ("train", ["--workdir=w", "--model=gan"], "must be one of made, pixelcnn"),
        ("train", [], "`--workdir` must be given"),
        ("sample", ["--workdir=nowhere", "--output=x.npz"], "train first with"),
    ],
)
def test_a_wrong_call_is_one_line(module, arguments, message):
    result = call_command(f"smoothing_tf.{module}", *arguments)
    assert result.error.startswith("error: ")
    assert message in result.error


def test_an_output_below_a_file_is_found_before_any_work(tmp_path):
    (tmp_path / "file").touch()
    workdir = tmp_path / "file" / "run"
    result = call_command("smoothing_tf.train", f"--workdir={workdir}")
    assert "is below the file" in result.error
    assert os.listdir(tmp_path) == ["file"]


def test_a_loss_that_is_not_a_number_stops_training(tmp_path, tfds_dir):
    result = call_command(
        "smoothing_tf.train",
        "--model=made",
        "--hidden_units=8",
        "--num_mixtures=2",
        "--learning_rate=1e30",
        "--num_steps=50",
        "--stages=smoothed",
        f"--data_dir={tfds_dir}",
        f"--workdir={tmp_path}",
    )
    assert result.status == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("error: Training of stage 'smoothed' stopped at step ")
    assert "--smoothed_learning_rate=" in last


def interrupt(_):
    raise KeyboardInterrupt


def test_an_interrupted_run_says_what_is_kept(capsys):
    for arguments, message in (
        ((), "No file was left half-written."),
        (("Finished cells are kept.",), "Finished cells are kept."),
    ):
        with pytest.raises(SystemExit) as exit_status:
            command_line.run(interrupt, *arguments)
        assert exit_status.value.code == 130
        assert capsys.readouterr().err.startswith(f"Interrupted. {message}")


def ours(source: str):
    """Makes a command whose code seems to be in a file of our package."""
    names = {"__name__": "smoothing_tf.example"}
    exec(compile(textwrap.dedent(source), _EXAMPLE, "exec"), names)
    return names["main"]


@pytest.mark.parametrize(
    "body",
    [
        "None < 1.0",
        "int('x')",
        "json.loads('{')",
        "{}['key']",
        "[][3]",
        "1 / 0",
        "np.zeros(3) + np.zeros(4)",
        "tf.reshape(tf.zeros(3), [2])",
        "raise KeyError('key')",
        "raise NotImplementedError('later')",
        "assert False, 'never'",
        "main(argv)",
        "raise ValueError(f'{argv:d}')",
        "next(int(x) for x in 'x')",
        "raise tf.errors.UnavailableError(None, None, 'Socket closed')",
        """
        try:
            int('x')
        except ValueError:
            raise
        """,
        """
        try:
            int('x')
        except ValueError as error:
            raise error
        """,
        """
        try:
            int('x')
        finally:
            del argv
        """,
        """
        with contextlib.ExitStack():
            math.sqrt(-1)
        """,
    ],
)
def test_what_python_raises_in_our_code_keeps_its_traceback(body, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(Exception) as error:
        command_line.run(ours(_IMPORTS + "def main(argv):\n" + _indent(body)))
    assert any(str(entry.path) == _EXAMPLE for entry in error.traceback)


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError('what to do')",
        "raise TypeError('what to do')",
        "raise FloatingPointError('what to do')",
        "raise RuntimeError('what\\nto  do')",
        "raise OSError('what to do')",
        """
        try:
            int('x')
        except ValueError as error:
            raise ValueError('what to do') from error
        """,
        """
        try:
            raise ValueError('what to do')
        except ValueError:
            raise
        """,
        """
        def numbers():
            yield 1
            raise ValueError('what to do')
        list(numbers())
        """,
        """
        with contextlib.ExitStack():
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                def check():
                    raise ValueError('what to do')
                pool.submit(check).result()
        """,
    ],
)
def test_what_our_code_raises_is_one_line(body, monkeypatch, capsys):
    with pytest.raises(SystemExit) as status:
        command_line.run(ours(_IMPORTS + "def main(argv):\n" + _indent(body)))
    assert status.value.code == 1
    assert capsys.readouterr().err == "error: what to do\n"


def _indent(body: str) -> str:
    return textwrap.indent(textwrap.dedent(body), "    ")


def test_a_raise_of_another_library_is_a_defect():
    source = "def main(argv):\n    raise ValueError('theirs')\n"
    names = {}
    exec(compile(source, "/usr/lib/theirs.py", "exec"), names)
    with pytest.raises(ValueError, match="theirs"):
        command_line.run(names["main"])


def message(error: Exception) -> str:
    assert command_line.is_deliberate(error)
    return command_line.message_of(error)


def test_the_machines_errors_are_one_line_with_advice(monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device", "/data/run")
    assert message(full) == (
        "/data/run: No space left on device. Free some space there, or name a place on"
        " another file system."
    )
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory", "x.npz")
    assert message(missing) == "x.npz: No such file or directory."
    assert "smaller batch size" in message(MemoryError("Unable to allocate 9 GiB"))
    gpu = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating\n[Op:x]")
    assert message(gpu).startswith("Out of memory: OOM when allocating. Use a smaller")
    disk = tf.errors.ResourceExhaustedError(None, None, "a/b; No space left on device")
    assert "Free some space" in message(disk)


def test_a_lost_worker_is_one_line(monkeypatch):
    """The texts are TensorFlow's, of a worker and of the chief that were killed."""
    monkeypatch.setenv("TF_CONFIG", "{}")
    worker = (
        "Graph execution error:\n\nDetected at node while/CollectiveReduceV2_1\n"
        "Collective ops is aborted by: recvmsg:Connection reset by peer\nAdditional"
        " GRPC error information from remote target /job:worker/replica:0/task:1 while"
    )
    for kind in ("UnavailableError", "InternalError", "AbortedError"):
        error = getattr(tf.errors, kind)(None, None, worker)
        assert message(error).startswith(
            "The worker 1 of the cluster no longer responds"
        )
    chief = "calling /tensorflow.CoordinationService/Heartbeat:\n"
    assert "Start the command on every machine again" in message(
        tf.errors.UnavailableError(None, None, chief)
    )
    bug = tf.errors.InternalError(None, None, "Blas GEMM launch failed")
    assert not command_line.is_deliberate(bug)


def test_a_process_that_lost_a_worker_does_not_wait_for_it(monkeypatch, capsys):
    ends = []
    monkeypatch.setenv("TF_CONFIG", "{}")
    monkeypatch.setattr(command_line.os, "_exit", ends.append)

    def main(argv):
        raise tf.errors.UnavailableError(None, None, "Heartbeat")

    with pytest.raises(SystemExit):
        command_line.run(main)
    assert ends == [1]
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.delenv("TF_CONFIG")
    with pytest.raises(tf.errors.UnavailableError):
        command_line.run(main)
    assert ends == [1]


def test_control_characters_do_not_reach_the_terminal():
    assert message(flags.Error("Unknown flag '\x1b[31m\n'")) == (
        "Unknown flag '\\x1b[31m '"
    )


def test_a_full_standard_output_is_named(monkeypatch, capsys):
    # Closing it flushes once more, as Python does on its way out.
    with open("/dev/full", "w") as full, monkeypatch.context() as context:
        context.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as status:
            command_line.run(lambda argv: print("x" * 9))
    assert status.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("error: standard output: No space left on device.")
    assert error.count("\n") == 1
