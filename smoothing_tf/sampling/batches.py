"""Evaluating a drawing function on many examples, batch by batch."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from smoothing_tf.parts import Parts

# Examples that are drawn at once.
BATCH_SIZE = 100


def in_batches(
    draw: Callable[..., dict[str, tf.Tensor]],
    *arrays: np.ndarray,
    progress: bool,
    batch_size: int | None = None,
    label: str = "samples",
    parts: Parts | None = None,
) -> dict[str, np.ndarray]:
    """Draws batch by batch and joins the results.

    The last batch is filled with copies of the last example, so that all batches have
    the same shape; what is drawn for the copies is dropped.

    Args:
      draw: function from a batch [b, ...] of each array to kind -> [b, ...].
      *arrays: arrays [n, ...], one row per example.
      progress: whether to show a progress bar.
      batch_size: largest b; None for BATCH_SIZE.
      label: label of the progress bar, and name of the part.
      parts: stores the results, which are the part `label`; None stores nothing.

    Returns:
      kind -> [n, ...].
    """
    num_examples = len(arrays[0])
    batch_size = min(batch_size or BATCH_SIZE, num_examples) or 1
    parts = parts or Parts(progress=progress)
    # AutoGraph has nothing to convert here, and would wrap error messages.
    compiled = tf.function(draw, autograph=False)
    with parts.partial_arrays(
        label, num_examples, first_step="first call: compiling"
    ) as results:
        for start in range(results.num_done, num_examples, batch_size):
            rows = np.minimum(np.arange(start, start + batch_size), num_examples - 1)
            part = compiled(*[tf.constant(array[rows]) for array in arrays])
            size = min(batch_size, num_examples - start)
            results.append({k: examples.numpy()[:size] for k, examples in part.items()})
    return results.arrays
