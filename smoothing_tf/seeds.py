"""Stateless seeds, so that a random result depends on nothing but its name."""

import zlib

import tensorflow as tf

# Seeds are int32; a larger one would name the same stream as a smaller one.
MAX_SEED = 2**31 - 1


def derive_seed(seed: int | tf.Tensor, purpose: str, *indices: int | tf.Tensor):
    """A seed for `tf.random.stateless_*` from (run seed, purpose, indices).

    The result does not depend on batch size, worker count, order of execution
    or resumption: whoever asks for the noise of (seed, "noise", epoch, example)
    gets the same one.

    Args:
      seed: the run's seed, a scalar integer from -2^31 to MAX_SEED, or an int32 [2]
        seed to refine.
      purpose: what the randomness is for; two purposes never share a stream.
      *indices: scalar integers, e.g. a step or an example's index.

    Returns:
      int32 tensor [2].

    Raises:
      ValueError: `seed` does not fit into 32 bits.
    """
    if isinstance(seed, int) and not -MAX_SEED - 1 <= seed <= MAX_SEED:
        raise ValueError(f"`seed` must be at most {MAX_SEED}; got {seed}.")
    tag = zlib.crc32(purpose.encode()) & 0x7FFFFFFF
    seed = tf.convert_to_tensor(seed)
    if seed.shape.rank == 0:
        seed = tf.stack([tf.cast(seed, tf.int32), 0])
    for number in (tag, *indices):
        seed = tf.random.experimental.stateless_fold_in(
            tf.cast(seed, tf.int32), tf.cast(number, tf.int32)
        )
    return seed
