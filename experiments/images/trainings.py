"""Several trainings of one configuration, which differ only in their seed."""

import math
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from experiments.report.table import Measurement
from smoothing_tf.config import parse


def seeded(
    flags: Sequence[str], directory: pathlib.Path, num_seeds: int
) -> Iterator[tuple[list[str], pathlib.Path]]:
    """Yields the flags and the working directory of each training.

    Args:
      flags: flags of the configuration, whose seed is that of the first training; the
        next trainings have the next seeds.
      directory: working directory of the first training. That of seed S is a sibling
        named DIRECTORY-seedS.
      num_seeds: number of trainings.
    """
    seed = parse(flags).seed
    yield list(flags), directory
    for other in range(seed + 1, seed + num_seeds):
        own = directory.with_name(f"{directory.name}-seed{other}")
        yield [*flags, f"--seed={other}"], own


def average_images(
    arrays: Sequence[np.ndarray], *, is_bound: bool = False
) -> Measurement:
    """Averages values of the same images over trainings.

    Args:
      arrays: values of each training, [n] each, of the same images in the same order.
      is_bound: whether the values are upper bounds.

    Returns:
      The mean, whose error covers the images and, with several trainings, the spread
      over trainings: its variance is that of the images' own means plus var / S, where
      var is the variance of the S trainings' means.
    """
    over_images = Measurement.of_mean(np.mean(arrays, axis=0))
    means = [float(np.mean(array)) for array in arrays]
    error = _add_spread(over_images.error, means)
    return Measurement(over_images.value, error, is_bound, over_images.n)


def average(
    values: Sequence[float], errors: Sequence[float], n: int | None = None
) -> Measurement:
    """Averages values that have errors of their own over trainings.

    Args:
      values: value of each training.
      errors: standard error of each, which leaves out the spread over trainings.
      n: number of images behind each value, or None.

    Returns:
      The mean. With several trainings its variance is the mean of the squared errors
      plus var / S, as for `average_images`. What is drawn afresh for each training is
      in both parts, so that the error is rather too large than too small.
    """
    own = math.sqrt(np.mean(np.square(errors)))
    return Measurement(float(np.mean(values)), _add_spread(own, values), n=n)


def describe_errors(num_trainings: int) -> str:
    """Says in a sentence whether errors include the spread over trainings."""
    if num_trainings == 1:
        return (
            "One training: the errors leave out the spread over trainings; see"
            " --num_seeds."
        )
    return (
        f"Means over {num_trainings} trainings with different seeds: the errors include"
        f" the spread over trainings ({num_trainings - 1} degrees of freedom)."
    )


def _add_spread(error: float | None, values: Sequence[float]) -> float | None:
    if error is None or len(values) < 2:
        return error
    return math.hypot(error, np.std(values, ddof=1) / math.sqrt(len(values)))
