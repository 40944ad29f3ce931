"""The type of signatures, and their inputs and outputs."""

from typing import Any

import tensorflow as tf

# Name -> tf.function with an `input_signature`, to a dictionary of tensors.
Signatures = dict[str, Any]

# What the names of the functions begin with that signatures share. TensorFlow keeps
# them in a SavedModel.
SHARED_PREFIX = "shared_"


def input_of(name: str) -> tf.TensorSpec:
    """Describes an integer input, whose shape is checked in the graph."""
    return tf.TensorSpec(None, tf.int32, name)


def inputs_of(loaded: Any) -> list[str]:
    """Returns the names of the inputs of a loaded signature."""
    return sorted(loaded.structured_input_signature[1])


def outputs_of(loaded: Any) -> list[str]:
    """Returns the names of the outputs of a loaded signature."""
    return sorted(loaded.structured_outputs)
