"""Subsets of a split that do not depend on the order in which it is stored."""

from typing import Any

import numpy as np

# Seed of the library's only permutation of n examples; it is not a setting.
_SEED = 20210328
# Description in metrics.json of how every subset is drawn.
DRAWN = "without replacement, by a constant of the library and the size of the split"


def subset_indices(num_examples: int, size: int | None = None) -> np.ndarray:
    """Draws the positions of a random subset of a split, without replacement.

    The subset depends only on the two sizes: not on the run's seed, so that two runs
    are scored on the same examples, and not on the order of storage, so that a split
    sorted by class gives an unbiased estimate. Subsets are nested: the
    first 100 positions of a subset of 1,000 are the subset of 100.

    Args:
      num_examples: examples of the split.
      size: examples of the subset; None, or at least `num_examples`, for all.

    Returns:
      int64 [min(size, num_examples)], distinct positions in random order.

    Raises:
      ValueError: `num_examples` or `size` is negative.
    """
    if num_examples < 0 or (size is not None and size < 0):
        raise ValueError(
            "`num_examples` and `size` must be at least 0; got"
            f" {num_examples} and {size}."
        )
    # NumPy keeps the raw output of a bit generator the same in all versions, which it
    # does not promise for `Generator.permutation`.
    keys = np.random.PCG64([_SEED, num_examples]).random_raw(num_examples)
    return np.argsort(keys, kind="stable")[:size].astype(np.int64)


def subset_record(num_examples: int, size: int | None) -> dict[str, Any]:
    """Describes how a subset was drawn, for metrics.json.

    Args:
      num_examples: examples of the split.
      size: examples of the subset; None, or at least `num_examples`, for all.

    Returns:
      {"subset": {"size", "of", "drawn"}}, or {} where the subset is the whole split.
    """
    if size is None or size >= num_examples:
        return {}
    return {"subset": {"size": size, "of": num_examples, "drawn": DRAWN}}
