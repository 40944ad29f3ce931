"""Sizes and lists in messages."""

import pytest

from smoothing_tf.texts import list_names, size_text


@pytest.mark.parametrize(
    "num_bytes, text",
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (382, "382 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1536, "1.54 kB"),
        (999_499, "999 kB"),
        (999_600, "1 MB"),
        (268_435_456, "268 MB"),
        (12_960_000_000, "13 GB"),
        (4 * 10**15, "4,000 TB"),
    ],
)
def test_a_size_has_the_unit_that_fits(num_bytes, text):
    assert size_text(num_bytes) == text


def test_all_sizes_are_written_within_half_a_percent():
    factors = {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
    for power in range(8, 420):
        size = int(2 ** (power / 10))
        value, unit = size_text(size).replace("byte", "bytes").split(" ")
        unit = unit.replace("ss", "s")
        assert float(value) * factors[unit] == pytest.approx(size, rel=0.005)


def test_a_long_list_is_shortened_and_counted():
    assert list_names([]) == ""
    assert list_names(["cat", "dog"]) == "cat, dog"
    names = [f"n{i}" for i in range(1020)]
    text = list_names(names)
    assert text.startswith("n0, n1, ") and text.endswith("n19, ... and 1,000 more")
    assert list_names(names[:20]).endswith("n19")


def test_names_that_would_be_misread_are_quoted():
    names = ["T-shirt, top", "Ankle boot", " x", "", "é"]
    assert list_names(names) == "'T-shirt, top', Ankle boot, ' x', '', é"
