"""Sums over the micro batches of a batch, one after another."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def sum_over_micro_batches(
    function: Callable[..., Sequence[tf.Tensor | None]],
    batch: Any,
    number: int,
    zeros: Callable[[], Sequence[tf.Tensor]],
) -> list[tf.Tensor | None]:
    """Sums the results of a function over the micro batches of a batch.

    The function works on one micro batch at a time, so that its intermediate results
    take the memory of one.

    Args:
      function: function of a micro batch and its index, or of the batch alone if
        `number` is 1. Its results are sums over examples; None means that there is no
        such result.
      batch: nested tensors [n, ...].
      number: number of micro batches, a divisor of n.
      zeros: function that makes zeros of the shapes and dtypes of the results.

    Returns:
      The sums, with None where the function returns None.
    """
    if number == 1:
        return list(function(batch))
    parts = tf.nest.map_structure(
        lambda x: tf.reshape(x, [number, -1, *x.shape[1:]]), batch
    )
    is_missing: list[bool] = []
    # Inlined into the loop of a large network, its sums become temporary variables by
    # Grappler, which the end of the loop leaves behind: the next call fails on them.
    function = tf.function(
        function, autograph=False, experimental_attributes={"_noinline": True}
    )

    def add(index, *totals):
        part = tf.nest.map_structure(lambda x: x[index], parts)
        results = function(part, index)
        is_missing[:] = [result is None for result in results]
        sums = [
            # Gradients of a lookup have slices, which only a sum turns into a tensor.
            total if result is None else total + tf.convert_to_tensor(result)
            for total, result in zip(totals, results, strict=True)
        ]
        return (index + 1, *sums)

    _, *totals = tf.while_loop(
        lambda index, *_: index < number,
        add,
        (tf.constant(0), *zeros()),
        maximum_iterations=number,
        # Otherwise the next micro batch would begin before this one is done.
        parallel_iterations=1,
    )
    return [
        None if missing else total
        for missing, total in zip(is_missing, totals, strict=True)
    ]
