"""Runs command lines, in a separate process or in this one."""

import contextlib
import dataclasses
import importlib
import io
import os
import pathlib
import subprocess
import sys
from unittest import mock

from smoothing_tf import command_line

ROOT = pathlib.Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Result:
    """The output and exit status of a command."""

    status: int
    stdout: str
    stderr: str

    @property
    def error(self) -> str:
        """The one line of a failed command; fails if there is more output."""
        assert self.status != 0
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        assert len(lines) == 1, self.stderr
        return lines[0]


def run_command(module: str, *arguments: object) -> Result:
    """Runs `python -m module arguments` from the root of the repository.

    The process imports TensorFlow, which takes seconds: see `call_command`.
    """
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    process = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return Result(process.returncode, process.stdout, process.stderr)


def call_command(module: str, *arguments: object) -> Result:
    """Runs the command in this process: everything but its imports and its exit."""
    main = importlib.import_module(module).main
    stdout, stderr, status = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", [module, *map(str, arguments)]),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            command_line.run(main)
        except SystemExit as end:
            status = end.code
    return Result(status, stdout.getvalue(), stderr.getvalue())
