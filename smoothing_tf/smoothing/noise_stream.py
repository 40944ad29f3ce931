"""Random numbers whose rows can be drawn in any batches."""

import math
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

# The identifier of the generator Philox in TensorFlow's operations.
_PHILOX = 1


class NoiseStream(NamedTuple):
    """Consecutive rows of an endless table of independent random numbers.

    A row depends on the seed, its number and its length alone: not on the rows drawn
    with it, nor on the number of threads. One operation draws all rows. Philox is a
    function of a key and a counter and gives 128 bits per count, so a row that starts
    at its own count can be drawn without those before it.

    Attributes:
      seed: int32 [2].
      first_row: integer scalar, the number of the first row.

    Reference: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """

    seed: tf.Tensor
    first_row: tf.Tensor

    def normal_like(self, x: tf.Tensor) -> tf.Tensor:
        """Draws from N(0, 1): a row for each example, in the shape and dtype of `x`."""
        return self._draw(tf.raw_ops.StatelessRandomNormalV2, x)

    def uniform_like(self, x: tf.Tensor) -> tf.Tensor:
        """Draws uniformly from [0, 1), as `normal_like`."""
        return self._draw(tf.raw_ops.StatelessRandomUniformV2, x)

    def _draw(self, operation: Callable[..., tf.Tensor], x: tf.Tensor) -> tf.Tensor:
        # A count gives two values of float64, and four of any smaller dtype.
        per_count = 2 if x.dtype == tf.float64 else 4
        num_values = math.prod(x.shape[1:])
        counts_per_row = -(-num_values // per_count)
        # The counter of a seed is a multiple of 2^64.
        key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=self.seed)
        counts = tf.cast(self.first_row, tf.int64) * counts_per_row
        rows = operation(
            shape=tf.stack([tf.shape(x)[0], counts_per_row * per_count]),
            key=key,
            counter=counter + tf.cast(tf.stack([counts, 0]), tf.uint64),
            alg=_PHILOX,
            dtype=x.dtype,
        )
        return tf.reshape(rows[:, :num_values], tf.shape(x))
