"""Real images: a reference in random order, however the split is stored."""

import numpy as np
import pytest

from smoothing_tf.data.subsets import DRAWN
from smoothing_tf.evaluation import real_images
from smoothing_tf.evaluation.real_images import RealImages


def _sorted_by_class(num_images: int) -> np.ndarray:
    """Images of one grey level each, ten levels one after the other."""
    levels = np.repeat(np.arange(10, dtype=np.uint8), num_images // 10)
    return np.tile(levels[:, None, None, None], (1, 2, 2, 1))


def _class_counts(images: np.ndarray) -> np.ndarray:
    return np.bincount(images[:, 0, 0, 0], minlength=10)


def test_halves_of_a_sorted_split_are_alike():
    real = RealImages(_sorted_by_class(1000), None, "train", "train")
    assert len(real.reference) == 1000
    np.testing.assert_array_equal(_class_counts(real.reference), [100] * 10)
    half = _class_counts(real.reference[:500])
    # Hypergeometric: 50 expected of each class, standard deviation 4.7.
    assert np.all(np.abs(half - 50) < 4.5 * 4.7)
    record = real.record_reference()
    assert set(record) == {"floor_sets"} and DRAWN in record["floor_sets"]


@pytest.mark.parametrize("size", [20, 200])
def test_a_limited_reference_holds_all_classes_and_is_recorded(monkeypatch, size):
    monkeypatch.setattr(real_images, "_MAX_REFERENCE_IMAGES", size)
    real = RealImages(_sorted_by_class(1000), None, "train", "train")
    assert len(real.reference) == size
    assert np.sum(_class_counts(real.reference) > 0) >= 8
    record = {"size": size, "of": 1000, "drawn": DRAWN}
    assert real.record_reference()["reference_subset"] == record
    # The nearest neighbors are searched among all of them.
    assert len(real.training) == 1000


def test_references_are_nested(monkeypatch):
    whole = RealImages(_sorted_by_class(1000), None, "train", "train").reference
    monkeypatch.setattr(real_images, "_MAX_REFERENCE_IMAGES", 100)
    part = RealImages(_sorted_by_class(1000), None, "train", "train").reference
    np.testing.assert_array_equal(part, whole[:100])
