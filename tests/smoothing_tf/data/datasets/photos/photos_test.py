"""Tests of the patches of photographs."""

import itertools

import numpy as np
import pytest

from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.datasets.photos.photos import patch_corners

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return open_dataset(DataConfig("photos", str(tmp_path_factory.mktemp("data"))))


def _uses(split: str) -> np.ndarray:
    """Counts the patches of a split that contain each pixel of a photograph."""
    uses = np.zeros((427, 640), int)
    for top, left in patch_corners(split, 427, 640):
        uses[top : top + 32, left : left + 32] += 1
    return uses


def test_sizes_and_levels(photos):
    assert photos.event_shape == (32, 32, 3)
    assert photos.num_levels == 256
    assert photos.num_examples == {"train": 4400, "validation": 78, "test": 78}
    assert photos.array("train").shape == (4400, 32, 32, 3)
    assert photos.labels("train") is None


def test_no_pixel_is_in_two_splits():
    for a, b in itertools.combinations(SPLITS, 2):
        assert not ((_uses(a) > 0) & (_uses(b) > 0)).any()


def test_held_out_patches_do_not_overlap():
    for split in ("validation", "test"):
        assert _uses(split).max() == 1


def test_patches_lie_within_the_photograph():
    for split in SPLITS:
        for top, left in patch_corners(split, 427, 640):
            assert 0 <= top <= 427 - 32
            assert 0 <= left <= 640 - 32
