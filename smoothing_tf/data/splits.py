"""Splits that a data set lacks, cut from others by a constant permutation."""

from collections.abc import Sequence

import numpy as np

from smoothing_tf.data.subsets import subset_indices

# Of a training split without a validation split next to it, a tenth is held out, and no
# more than this number of examples.
_MAX_HELD_OUT = 5_000
SPLITS = ("train", "validation", "test")


def held_out_size(num_examples: int) -> int:
    """Returns how many examples of a training split become a validation split."""
    return min(_MAX_HELD_OUT, max(1, num_examples // 10))


def hold_out_rows(
    num_examples: int, num_held_out: int
) -> tuple[np.ndarray, np.ndarray]:
    """Divides the rows of a split by a constant permutation.

    Which rows are held out depends on the two numbers alone, and not on a seed.

    Args:
      num_examples: rows of the split.
      num_held_out: rows to hold out, less than `num_examples`.

    Returns:
      (rows that remain, rows that are held out), int64, each in stored order.

    Raises:
      ValueError: no row would remain.
    """
    if num_held_out >= num_examples:
        raise ValueError(
            f"A split must hold more than {num_held_out} examples to hold out that"
            f" many; it has {num_examples}."
        )
    held_out = np.sort(subset_indices(num_examples, num_held_out))
    remain = np.ones(num_examples, bool)
    remain[held_out] = False
    return np.flatnonzero(remain).astype(np.int64), held_out


def rows_of_fractions(
    num_examples: int, fractions: Sequence[float]
) -> dict[str, np.ndarray]:
    """Divides rows among the splits by a constant permutation.

    Args:
      num_examples: number of rows.
      fractions: shares of train, validation and test, which add up to 1. Validation
        and test are rounded; train has the rest.

    Returns:
      Split -> its rows, int64, in stored order; a split with the share 0 is absent.

    Raises:
      ValueError: there are too few rows for every split to have one.
    """
    order = subset_indices(num_examples)
    sizes = [round(share * num_examples) for share in fractions[1:]]
    ends = np.cumsum([num_examples - sum(sizes), *sizes])
    parts = np.split(order, ends[:-1])
    rows = {}
    for split, share, part in zip(SPLITS, fractions, parts, strict=True):
        if not share:
            continue
        if not len(part):
            raise ValueError(
                f"{num_examples} examples are too few for the split {split!r} with a"
                f" share of {share:g}; add examples or change --split_fractions."
            )
        rows[split] = np.sort(part)
    return rows
