"""A digest of the examples that were scored: evaluations of the same ones compare."""

import hashlib

import numpy as np

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices

# Examples that are read at a time.
_BLOCK_SIZE = 4096


def digest_scored(dataset: Dataset, split: str, max_examples: int | None) -> str:
    """Computes a SHA-256 of the examples of a split that are scored, and their levels.

    Args:
      dataset: the data set.
      split: the split that is scored.
      max_examples: number of examples that are scored; None for all.

    Returns:
      64 hexadecimal digits.
    """
    examples = dataset.array(split)
    rows = np.sort(subset_indices(len(examples), max_examples))
    about = (dataset.num_levels, examples.dtype.str, examples.shape[1:], len(rows))
    digest = hashlib.sha256(repr(about).encode())
    for start in range(0, len(rows), _BLOCK_SIZE):
        block = examples[rows[start : start + _BLOCK_SIZE]]
        digest.update(np.ascontiguousarray(block).data)
    return digest.hexdigest()
