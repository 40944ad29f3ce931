"""Drift is found where it is, and not where sampling explains it."""

import numpy as np
import pytest

from components.ingest.drift import FALSE_ALARM, find_drift
from components.ingest.statistics import Statistics
from smoothing_tf.data.record_format import RecordFormat

IMAGES = RecordFormat("image", (4, 4, 2), "uint8", 8, "label", 3)
VECTORS = RecordFormat("x", (2,), "float32", None)


def _statistics(record_format, x, labels=None):
    statistics = Statistics(record_format)
    statistics.add(x, np.full(len(x), -1) if labels is None else labels)
    return statistics


def _images(rng, n, brightness=0.0, probabilities=(0.5, 0.3, 0.2)):
    """Images whose values depend on each other: each has a level of its own."""
    labels = rng.choice(3, size=n, p=probabilities)
    level = rng.normal(3.5 + brightness, 1.5, size=(n, 1, 1, 1))
    x = level + rng.normal(0.0, 0.5, size=(n, 4, 4, 2))
    return np.clip(np.rint(x), 0, 7).astype(np.uint8), labels


def _vectors(rng, n, shift=0.0):
    return (rng.normal(size=(n, 2)) + [0.0, shift]).astype(np.float32)


@pytest.mark.parametrize("sizes", [(2000, 300), (400, 25), (30, 5)])
def test_samples_of_one_distribution_do_not_drift(sizes):
    found = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        for record_format, draw in ((IMAGES, _images), (VECTORS, _vectors)):
            parts = [draw(rng, n) for n in sizes]
            parts = [p if isinstance(p, tuple) else (p,) for p in parts]
            pair = [_statistics(record_format, *part) for part in parts]
            found += any(drift.is_found for drift in find_drift(*pair))
    # 120 comparisons, each with a false alarm in at most one of 1,000: one happens in
    # less than one of eight runs, two in less than one of 100.
    assert FALSE_ALARM == 0.001
    assert found <= 1


def test_the_noise_is_that_of_images_not_of_values():
    # 300 images of equal values each are 300 draws, not 9,600.
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 8, size=(n, 1, 1, 1)) for n in (300, 300)]
    constant = [np.broadcast_to(p, (300, 4, 4, 2)).astype(np.uint8) for p in parts]
    drifts = find_drift(*[_statistics(IMAGES, x, np.zeros(300, int)) for x in constant])
    assert not any(drift.is_found for drift in drifts)
    # Standard error of a share of an eighth in both.
    error = np.sqrt(2 * 0.125 * 0.875 / 300)
    assert 4.0 * error < drifts[0].noise < 9.0 * error


def test_brighter_images_and_other_shares_of_classes_are_found():
    rng = np.random.default_rng(0)
    first = _statistics(IMAGES, *_images(rng, 2000))
    bright = _statistics(IMAGES, *_images(rng, 500, brightness=0.8))
    channels = find_drift(first, bright)[:2]
    assert [drift.is_found for drift in channels] == [True, True]
    other = _statistics(IMAGES, *_images(rng, 500, probabilities=(0.7, 0.1, 0.2)))
    *channels, classes = find_drift(first, other)
    assert not any(drift.is_found for drift in channels)
    assert classes.is_found and classes.what == "classes"
    assert classes.where in (0, 1)
    assert classes.distance == pytest.approx(0.2, abs=0.06)


def test_a_column_that_moves_is_found_alone():
    rng = np.random.default_rng(0)
    first = _statistics(VECTORS, _vectors(rng, 2000))
    drifts = find_drift(first, _statistics(VECTORS, _vectors(rng, 1000, shift=0.4)))
    assert [(d.number, d.is_found) for d in drifts] == [(0, False), (1, True)]


def test_distances_are_those_of_the_values():
    rng = np.random.default_rng(0)
    (a, y), (b, z) = _images(rng, 50), _images(rng, 30, brightness=1.0)
    pair = _statistics(IMAGES, a, y), _statistics(IMAGES, b, z)
    for channel, drift in enumerate(find_drift(*pair)[:2]):
        shares = [
            np.bincount(x[..., channel].ravel(), minlength=8) / (16 * len(x))
            for x in (a, b)
        ]
        difference = np.abs(shares[0] - shares[1])
        assert drift.distance == pytest.approx(difference.max(), rel=1e-12)
        assert drift.where == difference.argmax()
        cumulative = np.abs(np.cumsum(shares[0]) - np.cumsum(shares[1])).max()
        assert drift.cumulative == pytest.approx(cumulative, rel=1e-12)
        assert drift.to_json()["is_found"] == drift.is_found
