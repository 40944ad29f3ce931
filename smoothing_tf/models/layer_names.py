"""Names of layers that do not depend on the layers built before."""

import collections
import contextlib
from collections.abc import Iterator

# Keras has no public way to restart its counters and to restore them.
from keras.src.backend.common import global_state

_COUNTERS = "object_name_uids"


@contextlib.contextmanager
def fresh_layer_names() -> Iterator[None]:
    """Numbers the layers that are built inside from the beginning.

    Keras numbers the layers of a process ("dense", "dense_1", ...), and TensorFlow
    orders the operations of a graph, hence its rounding, by their names. Without this
    function, training a model would depend in the last bits on the models that the
    process has built before, and so would a run that was interrupted.

    The counters outside are as before, so that a user's own layers keep unique names.
    """
    outside = global_state.get_global_attribute(_COUNTERS)
    global_state.set_global_attribute(_COUNTERS, collections.defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_COUNTERS, outside)
