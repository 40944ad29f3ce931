"""Histograms of any grouping of the values have the same bins and counts."""

import numpy as np
import pytest

from components.ingest.column_histograms import (
    NUM_BINS,
    ColumnHistograms,
    aligned_counts,
)

RNG = np.random.default_rng(0)
COLUMNS = {
    "normal": RNG.normal(size=500),
    "far from zero": 1e6 + RNG.normal(size=500),
    "wide": RNG.normal(size=500) * 10.0 ** RNG.integers(-30, 30, 500),
    "zeros": np.zeros(500),
    "constant": np.full(500, -0.3),
    "constant but once": np.append(np.zeros(499), 5.0),
    "whole numbers": RNG.integers(0, 64, 500),
    "tiny": RNG.normal(size=500) * 1e-38,
}
X = np.stack(list(COLUMNS.values()), axis=1).astype(np.float32)


def _histograms(parts):
    histograms = ColumnHistograms(X.shape[1])
    for part in parts:
        histograms.add(part)
    return histograms


@pytest.fixture(scope="module")
def whole():
    return _histograms([X])


def test_bins_hold_the_values_that_lie_in_them(whole):
    for column, described in enumerate(whole.to_json()):
        counts = described["counts"]
        edges = described["start"] + described["width"] * np.arange(len(counts) + 1)
        x = X[:, column].astype(np.float64)
        assert edges[0] <= x.min() and x.max() < edges[-1]
        expected = [np.sum((a <= x) & (x < b)) for a, b in zip(edges, edges[1:])]
        assert counts == expected


def test_bins_are_as_narrow_as_64_of_them_allow(whole):
    for column, exponent in enumerate(whole.exponents):
        low, high = X[:, column].min(), X[:, column].max()
        if low == high:
            continue
        half = 2.0 ** (exponent - 1.0)
        assert np.floor(high / half) - np.floor(low / half) >= NUM_BINS
    assert whole.counts[list(COLUMNS).index("whole numbers")].min() >= 1


@pytest.mark.parametrize("sizes", [[1], [7], [100, 1, 250], [499]])
def test_the_order_and_the_grouping_of_values_do_not_matter(whole, sizes):
    for seed in range(3):
        rows = np.random.default_rng(seed).permutation(X)
        stops = np.cumsum(np.resize(sizes, 500))
        parts = [part for part in np.split(rows, stops[stops < 500]) if len(part)]
        merged = ColumnHistograms(X.shape[1])
        half = len(parts) // 2
        merged.merge(_histograms(parts[:half]))
        merged.merge(_histograms(parts[half:]))
        merged.merge(_histograms([]))
        arrays = merged.to_arrays()
        for name, array in whole.to_arrays().items():
            np.testing.assert_array_equal(arrays[name], array, err_msg=name)
        again = ColumnHistograms.from_arrays(arrays)
        assert again.to_json() == whole.to_json()


def test_histograms_of_two_data_sets_are_counted_in_the_same_bins():
    first, second = _histograms([X[:100]]), _histograms([3.0 * X[100:]])
    for column in range(X.shape[1]):
        (a, b), start, width = aligned_counts([first, second], column)
        edges = start + width * np.arange(NUM_BINS + 1)
        for counts, x in ((a, X[:100, column]), (b, 3.0 * X[100:, column])):
            x = x.astype(np.float32).astype(np.float64)
            expected = [np.sum((u <= x) & (x < v)) for u, v in zip(edges, edges[1:])]
            np.testing.assert_array_equal(counts, expected)
            assert counts.sum() == len(x)
