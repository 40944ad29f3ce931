"""The local runner, whose nodes are forks: `python -m tests.testing.quick_runner`.

The import of TensorFlow, most of a node's time, happens once. The nodes are processes
of their own nevertheless, which are killed and watch the runner as others do.
"""

from kfp.local import subprocess_task_handler

from pipeline import local_runner
from smoothing_tf import command_line
from tests.testing import forked_nodes

if __name__ == "__main__":
    subprocess_task_handler.run_local_subprocess = forked_nodes.run_local_subprocess
    command_line.run(local_runner.main, local_runner._RESUME)
