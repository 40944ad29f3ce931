"""Describes a training batch, for the message about a loss that is not finite."""

import numpy as np

from smoothing_tf.data import input_pipeline
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.smoothing import Smoothing


def describe_batch(
    dataset: Dataset,
    smoothing: Smoothing | None,
    *,
    batch_size: int,
    seed: int,
    step: int,
) -> str:
    """Describes the range of each array of a step's batch, and where it is reached.

    Args:
      dataset: the data set.
      smoothing: q(x~ | x), or None for clean data alone.
      batch_size: examples per batch.
      seed: the run's seed.
      step: number of the step, from 1.

    Returns:
      E.g. "x from -1 (example 3 of train at [0, 1, 0]) to 1 (example 7 of ...)".
    """
    batches = input_pipeline.training_batches(
        dataset, smoothing, batch_size=batch_size, seed=seed, start_step=step - 1
    )
    batch = {name: value.numpy() for name, value in next(iter(batches)).items()}
    indices = batch.pop("index")
    return " and ".join(
        f"{'x~' if name == 'x_smoothed' else name} {_range(x, indices)}"
        for name, x in batch.items()
    )


def _range(x: np.ndarray, indices: np.ndarray) -> str:
    if not np.isfinite(x).all():
        place = _place(~np.isfinite(x), indices)
        return f"with values that are NaN or infinite ({place})"
    low, high = (
        f"{x[np.unravel_index(end, x.shape)]:g} ({_place_of(end, x.shape, indices)})"
        for end in (int(np.argmin(x)), int(np.argmax(x)))
    )
    return f"from {low} to {high}"


def _place(mask: np.ndarray, indices: np.ndarray) -> str:
    return _place_of(int(np.argmax(mask)), mask.shape, indices)


def _place_of(flat: int, shape: tuple[int, ...], indices: np.ndarray) -> str:
    row, *coordinates = (int(i) for i in np.unravel_index(flat, shape))
    return f"example {indices[row]} of train at {coordinates}"
