"""Checks whether TensorFlow sees the accelerators of a pod that trains by command.

Run as `python -m components.train.check_accelerators`. It is not part of the code of
the node train, whose digest decides whether it runs again.
"""

import os
from collections.abc import Sequence

from components.train.accelerators import ACCELERATORS_VARIABLE, not_seen
from smoothing_tf import command_line, quiet


def main(argv: Sequence[str]) -> None:
    """Runs the command line, which has no arguments.

    Raises:
      RuntimeError: TensorFlow does not see as many accelerators as the pod was given.
    """
    given = os.environ.get(ACCELERATORS_VARIABLE)
    if not given:
        return
    quiet.import_tensorflow()
    import tensorflow as tf

    gpus = len(tf.config.list_physical_devices("GPU"))
    if gpus != int(given.rpartition("=")[2]):
        raise not_seen(given, gpus)


if __name__ == "__main__":
    command_line.run(main)
