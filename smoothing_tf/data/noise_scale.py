"""A default for the standard deviation of the smoothing noise."""

import math

import numpy as np
from scipy.spatial.distance import pdist

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices

# Continuous examples that differ by less than this many float32 spacings per coordinate
# are equal up to rounding.
_ROUNDING_SPACINGS = 2.0
# Standard deviations of coordinates may differ by this factor without a warning.
_MAX_SPREAD_RATIO = 10.0


def median_distance_noise_scale(
    dataset: Dataset, *, split: str = "train", max_examples: int = 2000
) -> float:
    """Computes median pairwise Euclidean distance / (2 sqrt(D)), on the model's scale.

    Along every coordinate, the noise then moves an example half as far as two typical
    examples are apart. This is a default of this library, not a published rule.

    Args:
      dataset: the data; images are measured on [-1, 1].
      split: the split to measure.
      max_examples: largest number of examples to compare; of a larger split, a random
        subset. Cost and memory grow with its square.

    Returns:
      Noise standard deviation per coordinate.

    Raises:
      ValueError: there are fewer than two examples, or the median distance does not
        exceed rounding.
    """
    x = dataset.array(split)
    if len(x) < 2:
        raise ValueError(
            f"The split {split!r} of {dataset.name!r} must hold at least 2 examples"
            f" to measure distances; got {len(x)}. Give `noise_scale` a number."
        )
    chosen = np.sort(subset_indices(len(x), max_examples))
    x = x[chosen].reshape(len(chosen), -1)
    if dataset.num_levels is None:
        rounding = _rounding_distance(x)
        unit = 1.0
    else:
        # Levels are exact. On [-1, 1] they are 2 / (L - 1) apart.
        rounding = 0.0
        unit = 2.0 / (dataset.num_levels - 1)
    # pdist subtracts before it squares, so equal examples have distance exactly 0.
    distances = pdist(x.astype(np.float64), "euclidean")
    median = float(np.median(distances))
    if median <= rounding:
        found = "0" if median == 0.0 else f"{median:.3g}, which is rounding"
        raise ValueError(
            f"The examples of {dataset.name!r} must differ for an automatic noise"
            f" scale; got a median distance of {found}. Give `noise_scale` a number."
        )
    return median * unit / (2.0 * math.sqrt(x.shape[1]))


def spread_warning(
    dataset: Dataset, noise_scale: float, *, split: str = "train"
) -> str | None:
    """Warns of vectors whose coordinates differ too much for one noise scale.

    Args:
      dataset: the data.
      noise_scale: standard deviation of the noise, one for all coordinates.
      split: the split to measure.

    Returns:
      One line, or None for images and where the standard deviations of the coordinates
      are within a factor of ten.
    """
    if dataset.num_levels is not None or len(dataset.event_shape) != 1:
        return None
    x = dataset.array(split)
    # After subtracting the first example, a constant column is exactly 0.
    spreads = [
        float(np.std(column.astype(np.float64) - float(column[0]))) for column in x.T
    ]
    low, high = int(np.argmin(spreads)), int(np.argmax(spreads))
    if spreads[high] <= _MAX_SPREAD_RATIO * spreads[low]:
        return None
    columns = dataset.source.columns
    names = columns or tuple(f"column {i}" for i in range(len(spreads)))
    counted = "" if columns else ", counted from 0"
    remedy = "Give --standardize."
    if columns is None:
        remedy = (
            "Subtract each column's mean and divide by its standard deviation; drop"
            " constant columns."
        )
    return (
        f"warning: the columns of {dataset.name!r} have standard deviations from"
        f" {spreads[low]:.3g} ({names[low]}) to {spreads[high]:.3g}"
        f" ({names[high]}){counted}, but the same noise scale, {noise_scale:.3g}: it is"
        f" too large for some of them or too small for others. {remedy}"
    )


def _rounding_distance(x: np.ndarray) -> float:
    """Distance that float32 rounding alone can cause between equal examples [n, d]."""
    # Constant coordinates separate nothing, and the median ignores a few huge values.
    varies = np.any(x != x[:1], axis=0)
    spacing = np.spacing(np.median(np.abs(x[:, varies]), axis=0))
    return _ROUNDING_SPACINGS * float(np.linalg.norm(spacing.astype(np.float64)))
