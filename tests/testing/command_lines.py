"""Runs command lines the way a person does, in a process of their own."""

import dataclasses
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Result:
    """What a command left on the terminal."""

    status: int
    stdout: str
    stderr: str

    @property
    def error(self) -> str:
        """The one line of a failed command; fails where there is more than it."""
        assert self.status != 0
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        assert len(lines) == 1, self.stderr
        return lines[0]


def run_command(module: str, *arguments: object) -> Result:
    """Runs `python -m module arguments` from the root of the repository."""
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
