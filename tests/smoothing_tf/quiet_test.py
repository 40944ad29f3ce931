"""Command lines are quiet; a program that imports the package is left alone."""

import os
import subprocess
import sys

from tests.testing.command_lines import ROOT, run_command


def test_a_command_line_prints_nothing_of_tensorflows_start():
    assert run_command("smoothing_tf.export", "--help").stderr == ""


def test_an_import_leaves_the_log_level_alone():
    code = "import os, smoothing_tf; print(os.environ.get('TF_CPP_MIN_LOG_LEVEL'))"
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() == "None"
