"""Runs the commands of a compiled pipeline's pods, as strictly as a cluster does."""

import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

import pytest

from smoothing_tf.checkout import ROOT

# The user `nobody`, which owns nothing and has no home.
USER = 65534
_CHECK = f"import yaml; open('{ROOT / 'setup.py'}')"


@functools.cache
def as_user() -> tuple[str, ...]:
    """Makes the beginning of a command that runs the rest as USER.

    Skips the test, with the reason, where that is impossible. If USER cannot reach the
    interpreter or the checkout, e.g. in a home directory, it may read any file, but
    write no more than before.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can run a process as another user")
    if shutil.which("setpriv") is None:
        pytest.skip("there is no setpriv, of util-linux, to change the user")
    change = [
        "setpriv",
        f"--reuid={USER}",
        f"--regid={USER}",
        "--clear-groups",
        "--no-new-privs",
    ]
    reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    error = ""
    for command in (change, [*change, *reading]):
        result = subprocess.run(
            # Not directly: setpriv starts a program with what is left of root's rights.
            [*command, "sh", "-c", f'exec "{sys.executable}" -c "{_CHECK}"'],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode == 0:
            return tuple(command)
        error = (result.stderr.splitlines() or ["it failed"])[-1]
    pytest.skip(f"user {USER} cannot run Python here: {error}")


def make_shared_directory() -> Iterator[pathlib.Path]:
    """Yields a directory that belongs to USER, in a place that it can reach."""
    with tempfile.TemporaryDirectory(prefix="pods-") as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        volume = directory / "volume"
        volume.mkdir()
        os.chown(volume, USER, USER)
        yield volume


def run_pod(
    command: Sequence[str], variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    """Runs a pod's command as USER, in an empty directory that it cannot write to.

    The environment has what the image sets, except HOME: PATH, with `python3`, and
    PYTHONPATH, the code.

    Args:
      command: the container's command and arguments, placeholders replaced.
      variables: the container's environment variables.
    """
    with tempfile.TemporaryDirectory(prefix="pod-") as directory:
        place = pathlib.Path(directory)
        place.chmod(0o755)
        programs, empty = place / "bin", place / "empty"
        programs.mkdir()
        empty.mkdir()
        # A link would hide the virtual environment from Python.
        python = programs / "python3"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        result = subprocess.run(
            [*as_user(), *command],
            cwd=empty,
            env={
                "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
                "PYTHONPATH": str(ROOT),
                "PYTHONUNBUFFERED": "1",
                **(variables or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert list(empty.iterdir()) == []
    return result
