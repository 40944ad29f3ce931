"""Subsets: nested, without replacement, the same everywhere, unrelated to order."""

import numpy as np
import pytest

from smoothing_tf.data.subsets import DRAWN, subset_indices, subset_record


def test_subsets_are_nested_and_without_replacement():
    everything = subset_indices(1000)
    np.testing.assert_array_equal(np.sort(everything), np.arange(1000))
    for size in (0, 1, 100, 1000):
        np.testing.assert_array_equal(subset_indices(1000, size), everything[:size])
    np.testing.assert_array_equal(subset_indices(1000, 2000), everything)


def test_a_subset_is_the_same_in_every_version():
    np.testing.assert_array_equal(subset_indices(10), [3, 5, 4, 2, 9, 7, 6, 8, 0, 1])
    assert subset_indices(10).dtype == np.int64


def test_another_number_of_examples_gives_an_unrelated_order():
    assert not np.array_equal(subset_indices(20)[:5], subset_indices(21)[:5])


def test_a_subset_of_sorted_classes_holds_each_in_proportion():
    labels = np.repeat(np.arange(10), 500)
    counts = np.bincount(labels[subset_indices(len(labels), 1000)], minlength=10)
    # Hypergeometric: 100 expected of each class, standard deviation 8.5.
    assert np.all(np.abs(counts - 100) < 4.5 * 8.5)


@pytest.mark.parametrize("arguments", [(-1,), (5, -1)])
def test_negative_sizes_are_refused(arguments):
    with pytest.raises(ValueError, match="must be at least 0"):
        subset_indices(*arguments)


def test_a_strict_subset_alone_is_recorded():
    record = {"subset": {"size": 5, "of": 10, "drawn": DRAWN}}
    assert subset_record(10, 5) == record
    for size in (None, 10, 11):
        assert subset_record(10, size) == {}
