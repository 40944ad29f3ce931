"""The seeds of the rows of a request."""

import tensorflow as tf

from smoothing_tf.seeds import derive_seed, example_seeds


def row_seeds(
    seed: tf.Tensor, num_rows: tf.Tensor, purpose: str | None = None
) -> tf.Tensor:
    """Derives a seed for each row.

    A row that has a seed of its own gets the same in every batch.

    Args:
      seed: int32 [2], a seed for all rows, or [num_rows, 2]; of unknown rank.
      num_rows: scalar integer.
      purpose: purpose of the random numbers; None if there is only one.

    Returns:
      int32 [num_rows, 2].
    """
    seeds = tf.reshape(seed, [-1, 2])
    if purpose is not None:
        seeds = derive_seed(seeds, purpose)
    return tf.cond(
        tf.equal(tf.rank(seed), 2),
        lambda: seeds,
        lambda: example_seeds(seeds[0], num_rows),
    )
