"""Pictures of samples, and of denoised and inpainted images."""

import numpy as np
import pytest

from smoothing_tf.sampling import pictures
from smoothing_tf.sampling.sample_pictures import (
    picture_denoised,
    picture_inpainted,
    picture_samples,
)

SHAPE = (4, 4, 1)


def test_pictures_of_images_and_of_vectors():
    images = np.zeros((3, *SHAPE), np.uint8)
    drawn = picture_samples(images, {"samples": images, "smoothed": images})
    assert list(drawn) == ["real", "smoothed", "samples", "columns"]
    vectors = np.random.Generator(np.random.PCG64(0)).normal(size=(9, 2))
    assert list(picture_samples(vectors, {"samples": vectors})) == ["points"]


def test_real_images_of_a_sorted_split_are_shown_of_every_class(monkeypatch):
    shown = {}
    grid, columns = pictures.image_grid, pictures.labeled_columns

    def record_grid(images, *args, **kwargs):
        shown.setdefault("grid", images)
        return grid(images, *args, **kwargs)

    def record_columns(groups):
        shown["columns"] = groups["Real data"][:36]
        return columns(groups)

    monkeypatch.setattr(pictures, "image_grid", record_grid)
    monkeypatch.setattr(pictures, "labeled_columns", record_columns)
    levels = np.repeat(np.arange(10, dtype=np.uint8), 50)
    real = np.tile(levels[:, None, None, None], (1, 4, 4, 1))
    picture_samples(real, {"samples": real[:64]})
    for name, number in (("grid", 64), ("columns", 36)):
        assert len(shown[name]) == number
        assert len(np.unique(shown[name])) >= 8
    np.testing.assert_array_equal(shown["grid"][:36], shown["columns"])


def test_images_of_other_channels_are_shown_channel_by_channel():
    images = np.zeros((3, 4, 4, 2), np.uint8)
    assert list(picture_samples(images, {"samples": images})) == [
        "real",
        "samples",
        "columns",
    ]


@pytest.mark.parametrize(
    "examples",
    [
        np.zeros((3, *SHAPE), np.float32),
        np.zeros((3, 4, 4), np.float32),
    ],
)
def test_examples_that_cannot_be_shown_give_none(examples):
    assert picture_samples(examples, {"samples": examples}) == {}


def test_the_pictures_show_what_was_given_and_what_is_missing():
    images = np.full((2, 8, 8, 1), 255, np.uint8)
    mask = np.zeros((8, 8), bool)
    inpainted = np.zeros((6, 8, 8, 1), np.uint8)
    picture = picture_inpainted(images, mask, inpainted)
    assert np.any(np.all(picture == (150, 170, 220), axis=-1))
    # Two rows of a given image and its three inpaintings.
    black = np.all(picture == 0, axis=-1)
    assert black.sum() == 6 * 40 * 40
    single = picture_inpainted(images, mask, inpainted[:2])
    assert np.all(single == 0, axis=-1).sum() == 2 * 40 * 40
    given = {"smoothed": images, "single_step": images, "samples": images}
    assert picture_denoised(given).shape[-1] == 3


def test_vectors_are_shown_as_points_and_other_examples_not_at_all():
    vectors = np.random.default_rng(0).normal(size=(9, 2))
    assert picture_denoised({"smoothed": vectors, "samples": vectors}).ndim == 3
    assert picture_inpainted(vectors, np.array([True, False]), vectors).ndim == 3
    assert picture_denoised({}) is None
    volumes = np.zeros((3, 4, 4, 2), np.float32)
    assert picture_denoised({"smoothed": volumes, "samples": volumes}) is None
    assert picture_inpainted(volumes, np.ones((4, 4), bool), volumes) is None


def test_a_mask_is_shown_on_every_channel():
    images = np.zeros((1, 4, 4, 2), np.uint8)
    mask = np.ones((4, 4), bool)
    mask[1, 2] = False
    whole = picture_inpainted(images, np.ones((4, 4), bool), images)
    masked = picture_inpainted(images, mask, images)
    changed = np.argwhere(np.any(whole != masked, axis=-1))
    # One pixel in each of the two channels, enlarged.
    columns = np.unique(changed[:, 1])
    assert len(np.unique(changed[:, 0])) * 2 == len(columns)
    assert np.sum(np.diff(columns) > 1) == 1
