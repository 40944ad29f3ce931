"""Several trainings of one configuration, which differ only in their seed."""

import math
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from experiments.report.table import Measurement
from smoothing_tf.config import parse
from smoothing_tf.evaluation.frechet import FrechetJackknife, jackknife_variance


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
      over trainings: its variance is that of the images' own means plus that of the
      trainings' means, less what is in both, the draws of each image and training.
    """
    over_images = Measurement.of_mean(np.mean(arrays, axis=0))
    error, count = over_images.error, len(arrays)
    if error is not None and count > 1:
        values = np.asarray(arrays, np.float64)
        means = values.mean(axis=1)
        rest = values - means[:, None] - values.mean(axis=0) + values.mean()
        freedom = (count - 1) * (len(rest[0]) - 1)
        draws = np.sum(np.square(rest)) / freedom / values.size
        error = _add_spread(error**2, draws, means)
    return Measurement(over_images.value, error, is_bound, over_images.n)


def average_distances(distances: Sequence[FrechetJackknife]) -> Measurement:
    """Averages distances, or their differences, of versions of the same images.

    Args:
      distances: distance of each training's version, to the same real images.

    Returns:
      The mean, whose error covers the real images, the images and, with several
      trainings, the spread over trainings, as that of `average_images`.
    """
    values = [distance.value for distance in distances]
    without_samples = np.stack([one.without_samples for one in distances])
    without_reference = np.stack([one.without_reference for one in distances])
    mean = without_samples.mean(axis=0)
    variance = jackknife_variance(mean)
    variance += jackknife_variance(without_reference.mean(axis=0))
    draws, count = 0.0, len(distances)
    if count > 1:
        rest = [jackknife_variance(one - mean) for one in without_samples]
        draws = sum(rest) / (count - 1) / count
    error = _add_spread(variance, draws, values)
    return Measurement(float(np.mean(values)), error, n=sum(distances[0].sizes))


def average(
    values: Sequence[float],
    errors: Sequence[float],
    shared_errors: Sequence[float],
    n: int | None = None,
) -> Measurement:
    """Averages values of independent samples over trainings.

    Args:
      values: value of each training.
      errors: standard error of each, which leaves out the spread over trainings.
      shared_errors: the part of each error that is the same in all trainings, e.g.
        that of the real images with which samples are compared.
      n: number of images behind each value, or None.

    Returns:
      The mean, whose error covers the samples and, with several trainings, the spread
      over trainings: its variance is the shared one plus that of the trainings' values,
      which vary by their samples as well, divided by their number.
    """
    shared = np.mean(np.square(shared_errors))
    own = np.mean(np.square(errors)) - shared
    own_of_mean = max(own, 0.0) / len(values)
    error = _add_spread(shared + own_of_mean, own_of_mean, values)
    return Measurement(float(np.mean(values)), error, n=n)


def describe_errors(num_trainings: int) -> str:
    """Says in a sentence whether errors include the spread over trainings."""
    if num_trainings == 1:
        return (
            "One training: the errors leave out the spread over trainings; see"
            " --num_seeds."
        )
    return (
        f"Means over {num_trainings} trainings with different seeds: the errors include"
        f" the spread over trainings ({describe_freedom(num_trainings)})."
    )


def describe_first(what: str, num_trainings: int) -> str:
    """Says that something is of the first training; nothing for a single training.

    Args:
      what: what it is, with its verb, e.g. "The picture is".
      num_trainings: number of trainings.

    Returns:
      A sentence that begins with a space, or "".
    """
    return f" {what} of the first training." if num_trainings > 1 else ""


def describe_freedom(num_trainings: int) -> str:
    """Says how many degrees of freedom the spread over trainings has."""
    plural = "s" * (num_trainings > 2)
    return f"{num_trainings - 1} degree{plural} of freedom"


def _add_spread(variance: float, draws: float, values: Sequence[float]) -> float:
    """Computes the error of a mean over trainings.

    Args:
      variance: variance of the mean that is due to the images.
      draws: the part of it by which the trainings' values vary as well.
      values: value of each training.
    """
    count = len(values)
    spread = float(np.var(values, ddof=1)) / count if count > 1 else 0.0
    return math.sqrt(variance + max(spread - draws, 0.0))
