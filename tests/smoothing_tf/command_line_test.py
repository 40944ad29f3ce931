"""Errors as a person meets them: one line, what to do, status not 0, nothing left."""

import os

import pytest

from smoothing_tf import command_line
from tests.testing.command_lines import run_command


def test_help_is_quiet_and_names_the_flags():
    result = run_command("smoothing_tf.train", "--help")
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
    result = run_command(f"smoothing_tf.{module}", *arguments)
    assert result.error.startswith("error: ")
    assert message in result.error


def test_an_output_below_a_file_is_found_before_any_work(tmp_path):
    (tmp_path / "file").touch()
    result = run_command("smoothing_tf.train", f"--workdir={tmp_path / 'file' / 'run'}")
    assert "lies below the file" in result.error
    assert os.listdir(tmp_path) == ["file"]


def test_a_loss_that_is_not_a_number_stops_training(tmp_path, tfds_dir):
    result = run_command(
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
    assert last.startswith("error: Training of stage 'smoothed' stopped: ")
    assert "--learning_rate" in last


def raise_value_error(_):
    raise ValueError("first line\nsecond line")


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


def call_into_a_library(_):
    int("x")


def test_only_errors_of_our_own_are_shortened(monkeypatch, capsys):
    monkeypatch.setattr(command_line, "_is_raised_by_us", lambda error: True)
    with pytest.raises(SystemExit) as exit_status:
        command_line.run(raise_value_error)
    assert exit_status.value.code == 1
    assert capsys.readouterr().err == "error: first line second line\n"
    monkeypatch.undo()
    with pytest.raises(ValueError, match="invalid literal"):
        command_line.run(call_into_a_library)
