"""What signatures are to the functions that make and describe them."""

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


def inputs_of(signature: Any) -> list[str]:
    """Returns the names of the inputs, in their order."""
    return [spec.name for spec in signature.input_signature]


def outputs_of(signature: Any) -> list[str]:
    """Returns the names of the outputs."""
    return sorted(signature.get_concrete_function().structured_outputs)
