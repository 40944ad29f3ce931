"""Groups of the images of a batch, worked on side by side."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from smoothing_tf.layers import Images


def in_groups(
    function: Callable[[Images], Any], batch_size: int | tf.Tensor, signature: Any
) -> Any:
    """function(images) of groups of images at the same time, joined again.

    The matrices that one pixel meets are too small to be shared out among processors:
    two groups together take half as long as one after the other.

    Args:
      function: images -> tensors [number of images, ...], in any nesting.
      batch_size: scalar integer.
      signature: `tf.TensorSpec` of each of the tensors, for all images.

    Returns:
      The tensors for all images.
    """
    # A GPU shares out the smallest matrix, and takes longest to be told what to do.
    max_groups = 1 if tf.config.list_logical_devices("GPU") else 2
    num_groups = tf.minimum(batch_size, max_groups)
    specs = tf.nest.flatten(signature)

    def group(index, arrays):
        begin, end = (n * batch_size // num_groups for n in (index, index + 1))
        parts = tf.nest.flatten(function(Images(begin, end - begin)))
        return index + 1, [
            array.write(index, part) for array, part in zip(arrays, parts, strict=True)
        ]

    # Two groups may differ by one image.
    arrays = [
        tf.TensorArray(spec.dtype, num_groups, element_shape=[None, *spec.shape[1:]])
        for spec in specs
    ]
    _, arrays = tf.while_loop(
        lambda index, _: index < num_groups,
        group,
        (0, arrays),
        parallel_iterations=max_groups,
    )
    joined = [
        tf.ensure_shape(array.concat(), spec.shape)
        for array, spec in zip(arrays, specs, strict=True)
    ]
    return tf.nest.pack_sequence_as(signature, joined)
