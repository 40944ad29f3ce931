"""Paired differences of distances to real images, with their errors."""

import numpy as np
import pytest

from experiments.images.reference import subtract
from experiments.images.trainings import average_distances
from smoothing_tf.evaluation.feature_sets import moments_of_blocks
from smoothing_tf.evaluation.frechet import FrechetDistanceTo


def normal(shift, number=200, seed=0):
    return np.random.default_rng(seed).normal(shift, 1.0, (number, 3))


def distance_to(number, seed=1):
    return FrechetDistanceTo(moments_of_blocks(normal(0.0, number, seed)))


def distances(distance, *samples):
    return [distance.jackknife(moments_of_blocks(x)) for x in samples]


def test_a_difference_of_distances_is_that_of_the_distances_with_a_smaller_error():
    distance, samples = distance_to(400), [normal(shift) for shift in (0.6, 0.5)]
    far, near = distances(distance, *samples)
    difference = average_distances([subtract(far, near)])
    single = [distance(moments_of_blocks(x)) for x in samples]
    assert difference.value == single[0].value - single[1].value
    assert difference.n == 200
    # The two sets share their draws.
    assert 0.0 < difference.error < 0.5 * single[1].se
    assert average_distances([far]).error == pytest.approx(single[0].se)
    assert average_distances([subtract(near, far)]).value == -difference.value
    same = average_distances([subtract(near, near)])
    assert (same.value, same.error) == (0.0, 0.0)


def test_the_error_is_that_of_repeated_samples():
    distance = distance_to(2000)
    found = [
        average_distances(
            [
                subtract(
                    *distances(
                        distance,
                        normal(1.0, seed=2 * seed),
                        normal(0.5, seed=2 * seed + 1),
                    )
                )
            ]
        )
        for seed in range(60)
    ]
    values = [one.value for one in found]
    # Of 60 values, the standard deviation is known to 9 %; both must agree within 30 %.
    error = np.sqrt(np.mean([one.error**2 for one in found]))
    assert error == pytest.approx(np.std(values), rel=0.3)


def test_versions_of_other_images_are_rejected():
    first, fewer = distances(distance_to(100), normal(0.0, 100), normal(0.0, 90))
    with pytest.raises(ValueError, match="got 100 images .* and 90 in"):
        subtract(first, fewer)
