"""The console script responds quickly and runs the same commands as `python -m`."""

import os
import subprocess
import sys

import pytest

from smoothing_tf import cli
from tests.testing.command_lines import ROOT

# The installed script, plus a report of its imports.
_SCRIPT = """#!{python}
import sys
from smoothing_tf.cli import main
if __name__ == "__main__":
    try:
        main()
    finally:
        print("tensorflow" in sys.modules)
"""


@pytest.fixture
def run(tmp_path):
    """Runs the script in a directory that has a `components` and `pipeline` itself."""
    script = tmp_path / "bin" / cli.PROGRAM
    script.parent.mkdir()
    script.write_text(_SCRIPT.format(python=sys.executable))
    script.chmod(0o755)
    for name in ("components", "pipeline"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('of the user')\n")

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
        return subprocess.run(
            [script, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_help_lists_the_commands_without_tensorflow(run):
    result = run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("False\n")
    for command in cli.COMMANDS:
        assert f"\n  {command} " in result.stdout
    assert "Trains the stages of a model.\n" in result.stdout


def test_an_unknown_command_is_one_line_with_a_suggestion(run):
    result = run("trian", "--workdir=run")
    assert result.returncode == 2
    assert result.stderr == (
        "error: smoothing-tf has no command 'trian'. Did you mean train?\n"
    )


def test_a_command_gets_its_arguments_and_is_quiet(run):
    result = run("train", "--workdir=run", "--model=gan")
    assert result.returncode == 1
    assert result.stderr.startswith("error: flag --model=gan: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == "False\n"  # It needed no TensorFlow.


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["python", "-m", "smoothing_tf.train"], "python -m smoothing_tf.train --a=1"),
        (["python", "/bin/smoothing-tf", "train"], "smoothing-tf train --a=1"),
    ],
)
def test_a_usage_names_the_command_that_was_typed(monkeypatch, words, expected):
    monkeypatch.setattr(sys, "orig_argv", [*words, "--help"])
    assert cli.rewrite_usage("python -m smoothing_tf.train --a=1") == expected
