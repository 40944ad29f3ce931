"""Denoising and inpainting, batch by batch."""

import numpy as np
import pytest

from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.trained import Trained
from smoothing_tf.sampling import denoise_images, inpaint_images
from smoothing_tf.sampling.restoration import describe_few_particles
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


def _vectors_trained() -> Trained:
    config = MADEConfig(hidden_units=(8,), num_mixtures=1)
    return Trained(
        smoothing=Gaussian(0.3),
        num_levels=None,
        smoothed=MADE(config, (3,)),
        reverse=MADE(config, (3,), takes_x_smoothed=True),
    )


def test_inpaintings_do_not_depend_on_how_many_there_are():
    trained = _vectors_trained()
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
        effective = drawn.pop("effective_particles", None)
        assert (effective is None) == (num_particles == 1)
        if effective is not None:
            assert effective.shape == (len(vectors) * num_inpaintings,)
            assert np.all((effective >= 1.0) & (effective <= num_particles))
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


def test_few_effective_particles_are_a_warning():
    drawn = {"effective_particles": np.float32([1.25, 3.9, 20.0])}
    assert describe_few_particles(drawn, 64).startswith(
        "2 of 3 inpaintings rest on fewer than 4 effective particles of 64, at the"
        " least on 1.2: they may be far"
    )
    # Of few particles, few are effective.
    assert describe_few_particles(drawn, 4) is None
    enough = {"effective_particles": np.float32([4.0, 20.0])}
    assert describe_few_particles(enough, 64) is None
    assert describe_few_particles({}, 1) is None


X = np.zeros((2, 3), np.float32)


@pytest.mark.parametrize(
    "x, num_draws, message",
    [
        (X[0], 1, r"`x_smoothed` must have the shape \[n, 3\].*got \[3\]"),
        (X[:0], 1, r"with n of at least 1; got \[0, 3\]"),
        (X.astype(int), 1, "`x_smoothed` must be floating; got int64"),
        (X + np.nan, 1, "`x_smoothed` must be finite; got nan"),
        (X, 0, "`num_draws` must be an integer, at least 1; got 0"),
    ],
)
def test_what_cannot_be_denoised_is_rejected(x, num_draws, message):
    with pytest.raises(ValueError, match=message):
        denoise_images(_vectors_trained(), x, num_draws=num_draws, seed=0)


MASK = np.array([True, False, True])


@pytest.mark.parametrize(
    "x, mask, numbers, message",
    [
        (X[0], MASK, {}, r"`images` must have the shape \[n, 3\]"),
        (X.astype(int), MASK, {}, "`images` must be floating; got int64"),
        (X + np.nan, MASK, {}, "`images` must be finite where they are known; got nan"),
        (X, MASK * 0.5, {}, "`mask` must hold only 1 .known. and 0 .missing.; got 0.5"),
        (X, MASK[:2], {}, r"`mask` must have shape \[3\] or \[2, 3\]; got \(2,\)"),
        # More masks than images, or fewer.
        (X, [MASK] * 3, {}, r"`mask` must have shape .* got \(3, 3\)"),
        (X, [MASK], {}, r"`mask` must have shape .* got \(1, 3\)"),
        (X, MASK, {"num_inpaintings": 0}, "`num_inpaintings` must be an integer"),
        (X, MASK, {"num_particles": 0}, "`num_particles` must be an integer"),
    ],
)
def test_what_cannot_be_inpainted_is_rejected(x, mask, numbers, message):
    with pytest.raises(ValueError, match=message):
        inpaint_images(_vectors_trained(), x, mask, seed=0, **numbers)


@pytest.mark.usefixtures("eager")
def test_lists_and_float64_are_taken_as_float32():
    lists = inpaint_images(_vectors_trained(), X.tolist(), MASK.tolist(), seed=0)
    arrays = inpaint_images(_vectors_trained(), X, MASK, seed=0)
    for kind, array in arrays.items():
        assert lists[kind].dtype == np.float32
        np.testing.assert_array_equal(lists[kind], array)
