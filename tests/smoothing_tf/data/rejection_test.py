"""Tests of the messages about unsound records."""

import pytest

from smoothing_tf.data.rejection import sufficient_fraction, unsound_message


@pytest.mark.parametrize(
    "counts, expected",
    [
        ([(1, 24)], 0.0417),
        ([(1, 3)], 0.334),
        ([(1, 4), (0, 5)], 0.25),
        ([(1, 8), (1, 3)], 0.334),
        ([(9_999, 10_000)], 0.9999),
        ([(99_999, 100_000)], 0.99999),
        ([(1, 3), (5, 5)], 0.334),
        ([(0, 7)], 0.0),
    ],
)
def test_the_fraction_is_short_and_suffices(counts, expected):
    fraction = sufficient_fraction(counts)
    assert fraction == expected
    assert all(bad / total <= fraction for bad, total in counts if bad < total)


def test_every_share_is_let_through_by_its_fraction():
    for total in range(1, 60):
        for bad in range(total):
            assert bad / total <= sufficient_fraction([(bad, total)]) < 1


def test_the_first_unsound_records_are_named():
    unsound = [(i, f"{i}.png", "is odd") for i in range(1, 6)]
    assert unsound_message("train", unsound[:1], 9, None) == (
        "Record 1 of train (1.png) is odd; repair or remove it."
    )
    message = unsound_message("train", unsound, 9, 0.556)
    assert message == (
        "Record 1 of train (1.png) is odd; 4 more of 9 are unsound (2.png, 3.png, ...);"
        " repair or remove them, or run the pipeline, which can leave them out"
        " (pipeline.local_runner --max_rejected_fraction=0.556)."
    )
