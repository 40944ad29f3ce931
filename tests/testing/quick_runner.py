"""The local runner, whose nodes are forks: `python -m tests.testing.quick_runner`.

TensorFlow, most of a node's time, is imported once, before the run starts. The nodes
are processes of their own nevertheless, which are killed and watch the runner as others
do.
"""

from kfp.local import subprocess_task_handler

from pipeline import local_runner
from smoothing_tf import command_line
from tests.testing import forked_nodes
from tests.testing.forkserver import forkserver_context

if __name__ == "__main__":
    first = forkserver_context().Process(target=int)
    first.start()
    first.join()
    subprocess_task_handler.run_local_subprocess = forked_nodes.run_local_subprocess
    command_line.run(local_runner.main, local_runner._RESUME)
