"""A default for the standard deviation of the smoothing noise."""

import math

import numpy as np

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import scale


def median_distance_noise_scale(
    dataset: Dataset, *, seed: int, split: str = "train", max_examples: int = 2000
) -> float:
    """Median pairwise Euclidean distance / (2 sqrt(D)), on the model's scale.

    The noise then moves an example, along every coordinate, half as far as two
    typical examples are apart. A default of this library, not a published rule.

    Args:
      dataset: the data; images are measured on [-1, 1].
      seed: chooses the examples when there are more than `max_examples`.
      split: the split to measure.
      max_examples: cost and memory grow with its square.

    Returns:
      Noise standard deviation per coordinate.

    Raises:
      ValueError: fewer than two examples, or half of all pairs are equal.
    """
    x = dataset.array(split)
    if len(x) < 2:
        raise ValueError(
            f"The split {split!r} of {dataset.name!r} must hold at least 2 examples"
            f" to measure distances; got {len(x)}. Give `noise_scale` a number."
        )
    if len(x) > max_examples:
        chosen = np.random.Generator(np.random.PCG64(seed)).choice(
            len(x), max_examples, replace=False
        )
        x = x[np.sort(chosen)]
    x = scale(x, dataset.num_levels).numpy().reshape(len(x), -1).astype(np.float64)
    norms = np.sum(x**2, axis=1)
    squares = norms[:, np.newaxis] + norms - 2.0 * x @ x.T
    distances = np.sqrt(np.maximum(squares[np.triu_indices(len(x), k=1)], 0.0))
    noise_scale = float(np.median(distances)) / (2.0 * math.sqrt(x.shape[1]))
    if noise_scale <= 0.0:
        raise ValueError(
            f"The examples of {dataset.name!r} must differ for an automatic noise"
            " scale; got a median distance of 0. Give `noise_scale` a number."
        )
    return noise_scale
