"""The accelerators that a cluster gives a training node.

Whoever compiles the pipeline writes them into an environment variable of the node, next
to the resources that it asks the cluster for. Without the variable, e.g. on a
workstation, a node trains on TensorFlow's first device.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

# "KIND=COUNT", e.g. nvidia.com/gpu=8.
ACCELERATORS_VARIABLE = "SMOOTHING_TF_ACCELERATORS"


def make_strategy() -> "tf.distribute.Strategy | None":
    """Makes the strategy for the accelerators of this node.

    Returns:
      A strategy with one replica for each accelerator; None for the current one, if
      the cluster gave no accelerators.

    Raises:
      RuntimeError: TensorFlow does not see as many accelerators as the node was given.
    """
    given = os.environ.get(ACCELERATORS_VARIABLE)
    if not given:
        return None
    # The module is also imported for its constant, by a command that prints its help.
    import tensorflow as tf

    from smoothing_tf.training import strategies

    count = given.rpartition("=")[2]
    gpus = len(tf.config.list_logical_devices("GPU"))
    if int(count) > 1:
        strategy = strategies.make_strategy("mirrored")
        replicas = strategy.num_replicas_in_sync
    else:
        strategy = strategies.make_strategy("one_device")
        replicas = gpus
    if replicas != int(count):
        raise not_seen(given, gpus)
    return strategy


def not_seen(given: str, gpus: int) -> RuntimeError:
    """Makes the error of accelerators that TensorFlow does not see.

    Args:
      given: value of ACCELERATORS_VARIABLE.
      gpus: number of GPUs that TensorFlow sees.
    """
    kind, _, count = given.rpartition("=")
    return RuntimeError(
        f"The node was given {count} {kind}, but TensorFlow sees {gpus} GPUs. Use an"
        " image with CUDA, of the extra `gpu`, and a machine with its driver."
    )
