"""Real images: a reference in random order, however the split is stored."""

import numpy as np
import pytest

from smoothing_tf.data.image_view import Images, ImageView
from smoothing_tf.data.subsets import DRAWN, subset_indices
from smoothing_tf.evaluation import real_images
from smoothing_tf.evaluation.real_images import RealImages


def _sorted_by_class(num_images: int) -> np.ndarray:
    """Images of one grey level each, ten levels one after the other."""
    levels = np.repeat(np.arange(10, dtype=np.uint8), num_images // 10)
    return np.tile(levels[:, None, None, None], (1, 2, 2, 1))


def _class_counts(images: Images) -> np.ndarray:
    return np.bincount(images[:][:, 0, 0, 0], minlength=10)


def test_halves_of_a_sorted_split_are_alike():
    real = RealImages(ImageView(_sorted_by_class(1000)), None, "train", "train")
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
    real = RealImages(ImageView(_sorted_by_class(1000)), None, "train", "train")
    assert len(real.reference) == size
    assert np.sum(_class_counts(real.reference) > 0) >= 8
    record = {"size": size, "of": 1000, "drawn": DRAWN}
    assert real.record_reference()["reference_subset"] == record
    # The nearest neighbors are searched among all of them.
    assert len(real.training) == 1000


def test_references_are_nested(monkeypatch):
    images = ImageView(_sorted_by_class(1000))
    whole = RealImages(images, None, "train", "train").reference
    limited = RealImages(images, None, "train", "train", max_examples=50).reference
    monkeypatch.setattr(real_images, "_MAX_REFERENCE_IMAGES", 100)
    part = RealImages(images, None, "train", "train").reference
    np.testing.assert_array_equal(part[:], whole[:100])
    np.testing.assert_array_equal(limited[:], whole[:50])


def test_a_limit_holds_for_every_set_of_real_images_and_is_recorded():
    train, test = _sorted_by_class(1000), _sorted_by_class(400)
    real = RealImages(ImageView(train), ImageView(test), "train", "test", 100)
    sets = (real.reference, real.candidates, real.held_out_images)
    assert [len(images) for images in sets] == [100, 100, 100]
    assert all(np.sum(_class_counts(images) > 0) >= 9 for images in sets)
    np.testing.assert_array_equal(
        real.held_out_images[:], test[subset_indices(400, 100)]
    )
    record = {"size": 100, "of": 1000, "drawn": DRAWN}
    assert real.record_reference()["reference_subset"] == record
    assert real.record_candidates() == {"reference_subset": record}
    held_out = real.compare_held_out(lambda images: {"n": len(images)}, sets[2])
    assert held_out["n"] == 100
    assert held_out["subset"] == {"size": 100, "of": 400, "drawn": DRAWN}
