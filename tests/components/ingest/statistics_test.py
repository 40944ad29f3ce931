"""Statistics of any grouping of the examples are those of all of them."""

import json

import numpy as np
import pytest

from components.ingest.statistics import Statistics
from smoothing_tf.data.record_format import RecordFormat

LEVELS = RecordFormat("image", (8, 8, 3), "uint8", 17, "label", 4)
VECTORS = RecordFormat("x", (2,), "float32", None)


def _merge(record_format, groups) -> Statistics:
    """Merges groups of batches, each written to arrays and read back."""
    merged = Statistics(record_format)
    for group in groups:
        statistics = Statistics(record_format)
        for x, labels in group:
            statistics.add(x, labels)
        arrays = statistics.to_arrays()
        merged.merge(Statistics.from_arrays(record_format, arrays))
    return merged


def _images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 17, size=(100, 8, 8, 3), dtype=np.uint8), np.arange(100) % 3


@pytest.mark.parametrize("stops", [[], [1, 40], [70, 70], [10, 20, 30, 99]])
def test_any_grouping_gives_the_statistics_of_all_values(stops):
    x, labels = _images()
    parts = list(zip(np.split(x, stops), np.split(labels, stops)))
    groups = [[part] if len(part[0]) else [] for part in parts]
    merged = _merge(LEVELS, [*groups[:2], sum(groups[2:], [])])
    statistics = json.loads(json.dumps(merged.to_json()))
    assert statistics["count"] == 100
    assert statistics["mean"] == pytest.approx(x.mean(), rel=1e-12)
    assert statistics["std"] == pytest.approx(x.std(), rel=1e-12)
    assert (statistics["min"], statistics["max"]) == (x.min(), x.max())
    assert statistics["histogram"] == np.bincount(x.ravel()).tolist()
    assert statistics["histogram_per_channel"] == [
        np.bincount(x[..., channel].ravel(), minlength=17).tolist()
        for channel in range(3)
    ]
    assert statistics["class_counts"] == [34, 33, 33, 0]
    np.testing.assert_allclose(merged.mean.reshape(8, 8, 3), x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(merged.std.reshape(8, 8, 3), x.std(0), rtol=1e-12)


def test_squares_are_those_of_the_shares_of_single_images():
    x, labels = _images()
    merged = _merge(LEVELS, [[(x[:60], labels[:60])], [(x[60:], labels[60:])]])
    shares = (x[..., np.newaxis] == np.arange(17)).mean(axis=(1, 2))
    up_to = (x[..., np.newaxis] <= np.arange(17)).mean(axis=(1, 2))
    np.testing.assert_allclose(merged.squares[0], (shares**2).sum(0), rtol=1e-12)
    np.testing.assert_allclose(merged.squares[1], (up_to**2).sum(0), rtol=1e-12)


def test_examples_without_a_label_count_in_no_class():
    x, _ = _images()
    merged = _merge(LEVELS, [[(x[:3], [2, -1, 2])]])
    assert merged.count == 3
    assert merged.class_counts.tolist() == [0, 0, 2, 0]


def test_vectors_far_from_zero_lose_no_precision():
    x = np.random.default_rng(0).normal(loc=[1e6, -3.0], size=(500, 2))
    x = x.astype(np.float32)
    no_labels = np.full(500, -1)
    parts = [(x[a:b], no_labels[a:b]) for a, b in ((0, 10), (10, 300), (300, 500))]
    statistics = _merge(VECTORS, [parts[:1], parts[1:]]).to_json()
    x = x.astype(np.float64)
    np.testing.assert_allclose(statistics["mean_per_dim"], x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(statistics["std_per_dim"], x.std(0), rtol=1e-9)
    assert statistics["std"] == pytest.approx(x.std(), rel=1e-12)
    assert statistics["min_per_dim"] == x.min(0).tolist()
    assert statistics["max_per_dim"] == x.max(0).tolist()
    assert [sum(h["counts"]) for h in statistics["histogram_per_dim"]] == [500, 500]
    assert "histogram" not in statistics
    assert "class_counts" not in statistics
