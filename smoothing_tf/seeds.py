"""Stateless seeds: a random number depends only on the run's seed and its purpose."""

import functools
import numbers
import zlib
from collections.abc import Callable

import tensorflow as tf

from smoothing_tf.limits import MAX_SEED


def derive_seed(seed: int | tf.Tensor, purpose: str, *indices: int | tf.Tensor):
    """Derives a seed for `tf.random.stateless_*` from (run seed, purpose, indices).

    The result does not depend on batch size, worker count, order of execution or
    resumption: (seed, "noise", epoch, example) always gives the same noise.

    Args:
      seed: the run's seed, a scalar integer from -2^31 to MAX_SEED, or an int32 [2]
        seed to refine, or several of them, int32 [n, 2].
      purpose: purpose of the random numbers; two purposes never share a stream.
      *indices: scalar integers, e.g. a step or an example's index.

    Returns:
      int32 tensor [2], or [n, 2].

    Raises:
      ValueError: `seed` does not fit into 32 bits.
    """
    tag = zlib.crc32(purpose.encode()) & 0x7FFFFFFF
    seed = seed_tensor(seed)
    folded = [tf.cast(number, tf.int32) for number in (tag, *indices)]
    if seed.shape.rank == 2:
        derived = _derive_seeds(len(folded))(seed, tf.stack(folded))
        return tf.ensure_shape(derived, seed.shape)
    return _fold_in(seed, folded)


def _fold_in(seed, folded):
    for number in folded:
        seed = tf.random.experimental.stateless_fold_in(seed, number)
    return seed


@functools.cache
def _derive_seeds(num_folded: int):
    """The function of several seeds, traced once for all purposes and numbers."""
    return tf.function(
        lambda seeds, folded: tf.map_fn(
            lambda seed: _fold_in(seed, tf.unstack(folded)), seeds
        ),
        input_signature=[
            tf.TensorSpec([None, 2], tf.int32),
            tf.TensorSpec([num_folded], tf.int32),
        ],
        autograph=False,
    )


def seed_tensor(seed: int | tf.Tensor) -> tf.Tensor:
    """Converts a seed to int32 [2], or several to [n, 2].

    Raises:
      ValueError: the seed is no integer, or does not fit into 32 bits.
    """
    if seed is None or isinstance(seed, bool | float | str):
        raise ValueError(f"`seed` must be an integer; got {seed!r}.")
    if (
        isinstance(seed, numbers.Integral)
        and not -MAX_SEED - 1 <= int(seed) <= MAX_SEED
    ):
        raise ValueError(f"`seed` must be at most {MAX_SEED}; got {seed}.")
    seed = tf.cast(seed, tf.int32)
    return tf.stack([seed, 0]) if seed.shape.rank == 0 else seed


def example_seeds(seed: int | tf.Tensor, num_examples: int | tf.Tensor) -> tf.Tensor:
    """Derives a seed for each of several examples: int32 [num_examples, 2].

    Args:
      seed: integer, int32 [2], or the examples' own seeds, int32 [num_examples, 2].
      num_examples: scalar integer. The first seeds do not depend on it.

    Raises:
      ValueError: the number of given seeds is not `num_examples`.
    """
    seed = seed_tensor(seed)
    if seed.shape.rank == 2:
        wanted = tf.get_static_value(num_examples)
        if not seed.shape[:1].is_compatible_with([wanted]):
            raise ValueError(
                f"`seed` must be a single seed, or {wanted} seeds for {wanted}"
                f" examples; got {seed.shape[0]}."
            )
        return seed
    num_examples = tf.convert_to_tensor(num_examples)
    return _example_seeds(derive_seed(seed, "examples"), num_examples)


@tf.function(
    input_signature=[tf.TensorSpec([2], tf.int32), tf.TensorSpec([], tf.int32)],
    autograph=False,
)
def _example_seeds(seed, num_examples):
    return tf.map_fn(
        lambda index: derive_seed(seed, "example", index),
        tf.range(num_examples),
        fn_output_signature=tf.TensorSpec([2], tf.int32),
    )


def per_example(
    draw: Callable[..., tf.Tensor],
    purpose: str,
    seeds: tf.Tensor,
    *parts: tf.Tensor,
    dtype: tf.DType | None = None,
) -> tf.Tensor:
    """Draws for each example separately, so that none depends on the others.

    Args:
      draw: function (row of each part..., int32 [2]) -> [m, ...].
      purpose: purpose of the random numbers.
      seeds: seeds of the examples, int32 [n, 2].
      *parts: arrays [n, ...], one row per example.
      dtype: dtype of the result; None for that of the first part.

    Returns:
      [n m, ...].
    """

    def draw_one(element):
        seed, *own = element
        return draw(*own, derive_seed(seed, purpose))

    drawn = _map(draw_one, (seeds, *parts), dtype or parts[0].dtype)
    return tf.reshape(drawn, [-1, *drawn.shape[2:]])


def _map(function, elements, dtype):
    # Outside a graph this would be a Python loop.
    mapped = tf.function(
        lambda elements: tf.map_fn(function, elements, fn_output_signature=dtype),
        autograph=False,
    )
    if tf.executing_eagerly() and not tf.config.functions_run_eagerly():
        # Otherwise TensorFlow treats many such calls as one function that is traced
        # over and over, and warns.
        elements = tf.nest.map_structure(tf.convert_to_tensor, elements)
        mapped = mapped.get_concrete_function(elements)
    return mapped(elements)
