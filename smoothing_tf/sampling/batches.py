"""Evaluating a drawing function on many examples, batch by batch."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tqdm

# Examples that are drawn at once.
BATCH_SIZE = 100


def in_batches(
    draw: Callable[..., dict[str, tf.Tensor]],
    *arrays: np.ndarray,
    progress: bool,
    batch_size: int | None = None,
    label: str = "samples",
) -> dict[str, np.ndarray]:
    """Draws batch by batch and joins the results.

    The last batch is filled with copies of the last example, so that all batches have
    the same shape; what is drawn for the copies is dropped.

    Args:
      draw: function from a batch [b, ...] of each array to kind -> [b, ...].
      *arrays: arrays [n, ...], one row per example.
      progress: whether to show a progress bar.
      batch_size: largest b; None for BATCH_SIZE.
      label: label of the progress bar.

    Returns:
      kind -> [n, ...].
    """
    num_examples = len(arrays[0])
    batch_size = min(batch_size or BATCH_SIZE, num_examples) or 1
    starts = tqdm.trange(
        0,
        num_examples,
        batch_size,
        desc=label,
        unit="batch",
        disable=not progress,
    )
    # The first batch takes much longer than the others: it builds the graph.
    starts.set_postfix_str("first call: compiling")
    # AutoGraph has nothing to convert here, and would wrap error messages.
    compiled, parts = tf.function(draw, autograph=False), []
    for start in starts:
        rows = np.minimum(np.arange(start, start + batch_size), num_examples - 1)
        part = compiled(*[tf.constant(array[rows]) for array in arrays])
        parts.append({kind: examples.numpy() for kind, examples in part.items()})
        starts.set_postfix_str("", refresh=False)
    kinds = parts[0] if parts else ()
    return {
        kind: np.concatenate([part[kind] for part in parts])[:num_examples]
        for kind in kinds
    }
