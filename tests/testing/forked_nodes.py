"""Nodes of a local run as forks of one process that has imported TensorFlow."""

import os
import pathlib
import runpy
import sys
import tempfile
from collections.abc import Sequence

from tests.testing.forkserver import forkserver_context


def run_local_subprocess(
    full_command: Sequence[str], env_vars: dict[str, str] | None = None
) -> int:
    """Takes the place of kfp's function of this name; the import is most of a node.

    Args:
      full_command: kfp's, ["sh", options, script, component's source, *arguments].
      env_vars: added to the environment.

    Returns:
      The exit status.
    """
    _, _, _, source, *arguments = full_command
    with tempfile.TemporaryDirectory() as directory:
        output = pathlib.Path(directory, "output")
        environment = {**os.environ, **(env_vars or {}), "_KFP_RUNTIME": "true"}
        process = forkserver_context().Process(
            target=_run, args=(source, arguments, environment, directory, output)
        )
        process.start()
        process.join()
        for line in output.read_text().splitlines():
            print(line)
    return process.exitcode


def _run(source, arguments, environment, directory, output) -> None:
    # Not sys.stdout alone: C++ writes, too.
    file = os.open(output, os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ.update(environment)
    tempfile.tempdir = None  # The server may have looked it up.
    # Whoever starts nodes need not import TensorFlow.
    from tests.testing.grappler import disable_grappler

    disable_grappler()
    module = pathlib.Path(directory, "ephemeral_component.py")
    module.write_text(source)
    sys.argv = ["executor_main", "--component_module_path", str(module), *arguments]
    runpy.run_module("kfp.dsl.executor_main", run_name="__main__")
