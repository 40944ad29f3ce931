import dataclasses

import numpy as np
import pytest

from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.trained import Trained
from smoothing_tf.sampling.samples import draw_samples
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.stage import Stage
from tests.testing.tiny_models import tiny_trained

SHAPE = (4, 4, 1)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr("smoothing_tf.sampling.batches.BATCH_SIZE", 3)
    monkeypatch.setattr("smoothing_tf.sampling.samples._GRADIENT_BATCH_SIZE", 2)


def test_every_kind_is_drawn_once_per_sample_and_no_two_are_equal():
    samples = draw_samples(tiny_trained(SHAPE, tuple(Stage)), 7, seed=0)
    assert set(samples) == {"smoothed", "samples", "single_step", "baseline"}
    for kind, images in samples.items():
        assert images.shape == (7, *SHAPE)
        assert images.dtype == np.float32
        assert len(np.unique(images.reshape(7, -1), axis=0)) == 7, kind
    assert not np.array_equal(samples["samples"], samples["baseline"])


def test_first_samples_do_not_depend_on_how_many_follow():
    trained = tiny_trained(SHAPE, tuple(Stage))
    few, many = (draw_samples(trained, n, seed=0) for n in (2, 7))
    for kind in few:
        np.testing.assert_array_equal(few[kind], many[kind][:2])


def test_samples_do_not_depend_on_the_size_of_the_batches(monkeypatch):
    trained = tiny_trained(SHAPE, tuple(Stage))
    in_threes = draw_samples(trained, 7, seed=0)
    monkeypatch.setattr("smoothing_tf.sampling.batches.BATCH_SIZE", 5)
    monkeypatch.setattr("smoothing_tf.sampling.samples._GRADIENT_BATCH_SIZE", 7)
    in_fives = draw_samples(trained, 7, seed=0)
    for kind, images in in_threes.items():
        np.testing.assert_allclose(images, in_fives[kind], atol=1e-6)


def test_single_step_belongs_to_the_smoothed_sample():
    trained = tiny_trained(SHAPE)
    samples = draw_samples(trained, 4, seed=0)
    np.testing.assert_allclose(
        samples["single_step"],
        trained.two_stage.single_step_denoise(samples["smoothed"]),
        atol=1e-5,
    )


def test_the_gradient_of_single_step_is_the_one_asked_for():
    def gaussian_like(stage):
        config = MADEConfig(hidden_units=(8,), num_mixtures=1)
        return MADE(config, (3,), takes_x_smoothed=stage == "reverse")

    trained = Trained(
        smoothing=Gaussian(0.3),
        num_levels=None,
        smoothed=gaussian_like("smoothed"),
        reverse=gaussian_like("reverse"),
    )
    exact, truncated = (
        draw_samples(trained, 3, seed=0, gradient=gradient)
        for gradient in ("exact", "truncated")
    )
    np.testing.assert_array_equal(exact["smoothed"], truncated["smoothed"])
    np.testing.assert_allclose(
        truncated["single_step"],
        trained.two_stage.single_step_denoise(truncated["smoothed"], "truncated"),
        atol=1e-5,
    )
    assert not np.allclose(exact["single_step"], truncated["single_step"], atol=1e-4)


def test_the_smoothed_stage_gives_the_same_results_with_and_without_the_other():
    trained = tiny_trained(SHAPE)
    alone = draw_samples(dataclasses.replace(trained, reverse=None), 4, seed=0)
    assert set(alone) == {"smoothed", "single_step"}
    both = draw_samples(trained, 4, seed=0)
    for kind in alone:
        np.testing.assert_array_equal(alone[kind], both[kind])


def test_samples_follow_the_seed():
    def draw(seed):
        return draw_samples(tiny_trained(SHAPE), 4, seed=seed)["samples"]

    np.testing.assert_array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


def test_no_samples_wanted():
    assert draw_samples(tiny_trained(SHAPE), 0, seed=0) == {}


def test_a_number_of_samples_that_is_none_is_rejected():
    for number in (-1, 1.5, "4"):
        with pytest.raises(ValueError, match="`num_samples` must be an integer"):
            draw_samples(tiny_trained(SHAPE), number, seed=0)
    assert draw_samples(tiny_trained(SHAPE), 0, seed=0) == {}
