"""Paired differences of distances to real images, with their errors."""

import numpy as np
import pytest

from experiments.images.reference import frechet_difference
from smoothing_tf.evaluation.feature_sets import moments_of_blocks
from smoothing_tf.evaluation.frechet import frechet_jackknife


def normal(shift, number=200, seed=0):
    return np.random.default_rng(seed).normal(shift, 1.0, (number, 3))


def test_a_difference_of_distances_is_that_of_the_distances_with_a_smaller_error():
    reference = moments_of_blocks(normal(0.0, 400, seed=1))
    near, far = (moments_of_blocks(normal(shift)) for shift in (0.5, 0.6))
    value, error = frechet_difference(reference, far, near)
    single = [frechet_jackknife(reference, blocks) for blocks in (far, near)]
    assert value == pytest.approx(single[0].value - single[1].value, rel=1e-6)
    # The two sets share their draws.
    assert 0.0 < error < 0.5 * single[1].se
    assert frechet_difference(reference, near, far)[0] == -value
    assert frechet_difference(reference, near, near) == (0.0, 0.0)


def test_the_error_is_that_of_repeated_samples():
    reference = moments_of_blocks(normal(0.0, 2000, seed=1))
    found = [
        frechet_difference(
            reference,
            moments_of_blocks(normal(1.0, seed=2 * seed)),
            moments_of_blocks(normal(0.5, seed=2 * seed + 1)),
        )
        for seed in range(60)
    ]
    values, errors = np.transpose(found)
    # Of 60 values, the standard deviation is known to 9 %; both must agree within 30 %.
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(values.std(), rel=0.3)
