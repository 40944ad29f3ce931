"""Nodes of a local run inside the test's own process, without any imports' cost."""

import builtins
import contextlib
import io
import os
import pathlib
import runpy
import sys
import tempfile
import traceback
from collections.abc import Sequence
from unittest import mock

from kfp.local import subprocess_task_handler

# kfp replaces it while a node runs, to indent what the node prints.
_PRINT = builtins.print


def run_local_subprocess(
    full_command: Sequence[str], env_vars: dict[str, str] | None = None
) -> int:
    """Takes the place of kfp's function of this name, for small components.

    Args:
      full_command: kfp's, ["sh", options, script, component's source, *arguments].
      env_vars: added to the environment.

    Returns:
      The exit status.
    """
    _, _, _, source, *arguments = full_command
    output, status = io.StringIO(), 0
    with tempfile.TemporaryDirectory() as directory:
        module = pathlib.Path(directory, "ephemeral_component.py")
        module.write_text(source)
        argv = ["executor_main", "--component_module_path", str(module), *arguments]
        with (
            mock.patch.dict(os.environ, {**(env_vars or {}), "_KFP_RUNTIME": "true"}),
            mock.patch.object(sys, "argv", argv),
            mock.patch.object(builtins, "print", _PRINT),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            try:
                runpy.run_module("kfp.dsl.executor_main", run_name="__main__")
            except Exception:
                traceback.print_exc()
                status = 1
    for line in output.getvalue().splitlines():
        print(line)
    return status


@contextlib.contextmanager
def nodes_in_this_process():
    """Runs the nodes of kfp's local runner in this process."""
    with mock.patch.object(
        subprocess_task_handler, "run_local_subprocess", run_local_subprocess
    ):
        yield
