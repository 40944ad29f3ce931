"""Splits cut by a constant permutation."""

import numpy as np
import pytest

from smoothing_tf.data.splits import held_out_size, hold_out_rows, rows_of_fractions


@pytest.mark.parametrize("n, expected", [(2, 1), (9, 1), (300, 30), (60_000, 5_000)])
def test_a_tenth_is_held_out_and_not_too_much(n, expected):
    assert held_out_size(n) == expected


def test_the_rows_are_divided_in_stored_order():
    remain, held_out = hold_out_rows(1000, 100)
    assert len(held_out) == 100
    for rows in (remain, held_out):
        assert np.all(np.diff(rows) > 0)
    np.testing.assert_array_equal(np.sort([*remain, *held_out]), np.arange(1000))
    # Not the last rows: of 100 random ones, about half are in each half.
    assert 25 < np.sum(held_out < 500) < 75
    # Numbers that must never change, since published results depend on them.
    np.testing.assert_array_equal(held_out[:5], [15, 24, 27, 34, 36])


def test_nothing_is_held_out_of_too_little():
    with pytest.raises(ValueError, match="must hold more than 3 examples"):
        hold_out_rows(3, 3)


def test_fractions_are_divided_by_one_permutation():
    rows = rows_of_fractions(100, (0.7, 0.1, 0.2))
    assert {split: len(own) for split, own in rows.items()} == {
        "train": 70,
        "validation": 10,
        "test": 20,
    }
    together = np.concatenate(list(rows.values()))
    np.testing.assert_array_equal(np.sort(together), np.arange(100))
    assert rows["train"][-1] > 90


def test_a_share_of_nothing_has_no_split():
    assert set(rows_of_fractions(10, (0.9, 0.1, 0.0))) == {"train", "validation"}


def test_too_few_examples_for_a_share_are_refused():
    with pytest.raises(ValueError, match="4 examples are too few for the split 'valid"):
        rows_of_fractions(4, (0.8, 0.1, 0.1))
