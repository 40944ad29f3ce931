"""The histogram model agrees with counts by hand."""

import itertools

import numpy as np

from experiments.images.histogram import IndependentHistogram


def test_bits_are_those_of_the_smoothed_counts():
    levels = np.array([[[0, 1]], [[0, 0]], [[2, 1]]], np.uint8)
    model = IndependentHistogram(levels, num_levels=3)
    # Counts plus one are 3, 1, 2 of 6 for the first pixel and 2, 3, 1 for the second.
    expected = -(np.log2(3 / 6) + np.log2(1 / 6)) / 2
    np.testing.assert_allclose(model.bits_per_dim(np.array([[[0, 2]]])), [expected])


def test_masses_sum_to_one():
    model = IndependentHistogram(np.array([[0, 1], [2, 2]]), num_levels=3)
    events = np.array(list(itertools.product(range(3), repeat=2)))
    mass = 2.0 ** (-2 * model.bits_per_dim(events))
    np.testing.assert_allclose(mass.sum(), 1.0)
