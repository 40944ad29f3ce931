"""Denoising and inpainting in blocks, and their pictures."""

import numpy as np
import pytest

from smoothing_tf.evaluation.restoration import (
    denoise_images,
    inpaint_images,
    picture_denoised,
    picture_inpainted,
)
from smoothing_tf.models import MADE, MADEConfig, TwoStageModel
from smoothing_tf.smoothing import Gaussian
from tests.testing.tiny_models import make_tiny_model

SHAPE = (4, 4, 1)


@pytest.fixture(autouse=True)
def _blocks_of_three(monkeypatch):
    monkeypatch.setattr("smoothing_tf.evaluation.samples.BATCH_SIZE", 3)


def test_denoised_images_do_not_depend_on_how_many_follow():
    two_stage = TwoStageModel(
        Gaussian(0.3),
        make_tiny_model("smoothed", SHAPE),
        make_tiny_model("reverse", SHAPE),
    )
    x_smoothed = np.random.default_rng(0).normal(size=(7, *SHAPE)).astype(np.float32)
    many = denoise_images(two_stage, x_smoothed, seed=1, progress=False)
    assert set(many) == {"smoothed", "samples", "single_step"}
    np.testing.assert_array_equal(many["smoothed"], x_smoothed)
    assert len(np.unique(many["samples"].reshape(7, -1), axis=0)) == 7
    for n in (1, 3, 5):
        few = denoise_images(two_stage, x_smoothed[:n], seed=1, progress=False)
        for kind in many:
            np.testing.assert_array_equal(few[kind], many[kind][:n], err_msg=kind)
    other = denoise_images(two_stage, x_smoothed, seed=2, progress=False)
    assert not np.array_equal(other["samples"], many["samples"])


def test_inpaintings_do_not_depend_on_how_many_there_are():
    config = MADEConfig(hidden_units=(8,), num_mixtures=1)
    two_stage = TwoStageModel(
        Gaussian(0.3), MADE(config, (3,)), MADE(config, (3,), is_conditional=True)
    )
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    mask = np.array([True, False, True])

    def inpaint(vectors, num_inpaintings, num_particles=1):
        drawn = inpaint_images(
            two_stage,
            vectors,
            mask,
            num_inpaintings=num_inpaintings,
            num_particles=num_particles,
            seed=1,
            progress=False,
        )
        assert set(drawn) == {"smoothed", "samples"}
        return drawn["samples"].reshape(len(vectors), num_inpaintings, 3)

    many = inpaint(vectors, 3)
    np.testing.assert_array_equal(
        many[..., mask], np.repeat(vectors[:, None], 3, axis=1)[..., mask]
    )
    assert len(np.unique(many[..., 1])) == 15
    few = inpaint(vectors[:2], 2)
    np.testing.assert_allclose(few, many[:2, :2], rtol=1e-5, atol=1e-6)
    weighted = inpaint(vectors, 3, num_particles=4)
    assert np.any(weighted[..., 1] != many[..., 1])


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
