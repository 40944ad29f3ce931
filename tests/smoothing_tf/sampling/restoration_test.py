"""Denoising and inpainting, batch by batch."""

import numpy as np
import pytest

from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.trained import Trained
from smoothing_tf.sampling import denoise_images, inpaint_images
from smoothing_tf.smoothing import Gaussian
from tests.testing.tiny_models import tiny_trained

SHAPE = (4, 4, 1)


@pytest.fixture(autouse=True)
def _blocks_of_three(monkeypatch):
    monkeypatch.setattr("smoothing_tf.sampling.batches.BATCH_SIZE", 3)


def test_denoised_images_do_not_depend_on_how_many_follow():
    trained = tiny_trained(SHAPE)
    x_smoothed = np.random.default_rng(0).normal(size=(7, *SHAPE)).astype(np.float32)
    many = denoise_images(trained, x_smoothed, seed=1, progress=False)
    assert set(many) == {"smoothed", "samples", "single_step"}
    np.testing.assert_array_equal(many["smoothed"], x_smoothed)
    assert len(np.unique(many["samples"].reshape(7, -1), axis=0)) == 7
    for n in (1, 3, 5):
        few = denoise_images(trained, x_smoothed[:n], seed=1, progress=False)
        for kind in many:
            np.testing.assert_array_equal(few[kind], many[kind][:n], err_msg=kind)
    other = denoise_images(trained, x_smoothed, seed=2, progress=False)
    assert not np.array_equal(other["samples"], many["samples"])


def test_inpaintings_do_not_depend_on_how_many_there_are():
    config = MADEConfig(hidden_units=(8,), num_mixtures=1)
    trained = Trained(
        smoothing=Gaussian(0.3),
        num_levels=None,
        smoothed=MADE(config, (3,)),
        reverse=MADE(config, (3,), is_conditional=True),
    )
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    mask = np.array([True, False, True])

    def inpaint(vectors, num_inpaintings, num_particles=1):
        drawn = inpaint_images(
            trained,
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
