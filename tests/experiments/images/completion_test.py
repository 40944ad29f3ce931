"""Given pixels stay, and what is drawn depends on the given ones alone."""

import numpy as np
import pytest

from experiments.images import completion
from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.trained import Trained
from smoothing_tf.smoothing import Gaussian
from tests.testing.eagerly import eagerly

SHAPE = (2, 2, 1)
NUM_LEVELS = 4
SHARES = (0.0, 0.5, 1.0)
OTHER_UPPER, OTHER_LOWER, OTHER_IMAGES = slice(0, 4), slice(4, 6), slice(6, 8)
MODELS = pytest.mark.parametrize("model", ["baseline", "two stages"])


def make_trained():
    config = MADEConfig(hidden_units=(4,), num_mixtures=1)
    trained = Trained(
        smoothing=Gaussian(0.5),
        num_levels=NUM_LEVELS,
        smoothed=MADE(config, SHAPE),
        reverse=MADE(config, SHAPE, takes_x_smoothed=True, num_levels=NUM_LEVELS),
        baseline=MADE(config, SHAPE, num_levels=NUM_LEVELS),
    )
    rng = np.random.default_rng(0)
    for seed, model in enumerate(trained.models.values()):
        model.initialize(seed)
        # Initial weights are so small that a pixel hardly depends on others.
        for weight in model.trainable_variables:
            weight.assign(weight + rng.normal(size=weight.shape))
    return trained


@pytest.fixture(scope="module")
def complete():
    """Completes images by each model: model -> share -> images [n, ...]."""
    trained = make_trained()

    def complete(x):
        masks = [completion.given_rows(share, *SHAPE[:2]) for share in SHARES]
        arguments = np.concatenate([x] * 3), np.repeat(masks, len(x), axis=0)
        with eagerly():
            direct = completion.complete_directly(trained.baseline, *arguments, seed=1)
            two_stages, effective = completion.complete_in_two_stages(
                trained, *arguments, num_particles=2, seed=1
            )
        assert np.all(effective >= 1.0) and np.all(effective <= 2.001)
        return {
            name: dict(zip(SHARES, np.split(drawn, 3), strict=True))
            for name, drawn in (("baseline", direct), ("two stages", two_stages))
        }

    return complete


@pytest.fixture(scope="module")
def completed(complete):
    """Two sets of images and the completions of both.

    Images of the same index differ in the rows of OTHER_UPPER, OTHER_LOWER or both.
    """
    x = np.random.default_rng(0).integers(0, NUM_LEVELS, (8, *SHAPE))
    other = (x + 1 + np.arange(8)[:, None, None, None] % 2) % NUM_LEVELS
    other[OTHER_UPPER, 1:] = x[OTHER_UPPER, 1:]
    other[OTHER_LOWER, :1] = x[OTHER_LOWER, :1]
    levels = np.stack([x, other])
    x, other = (2.0 * levels / (NUM_LEVELS - 1) - 1.0).astype(np.float32)
    return x, complete(x), other, complete(other)


@pytest.mark.parametrize("share, rows", [(0.0, 4), (0.25, 3), (0.5, 2), (1.0, 0)])
def test_the_first_rows_are_given(share, rows):
    mask = completion.given_rows(share, 4, 3)
    assert mask[:rows].all() and not mask[rows:].any()


@MODELS
def test_with_nothing_drawn_the_completion_is_the_image(completed, model):
    x, drawn, other, other_drawn = completed
    np.testing.assert_array_equal(drawn[model][0.0], x)
    np.testing.assert_array_equal(other_drawn[model][0.0], other)


@MODELS
def test_given_pixels_stay_and_others_are_drawn(completed, model):
    x, drawn, *_ = completed
    half = drawn[model][0.5]
    np.testing.assert_array_equal(half[:, :1], x[:, :1])
    assert np.any(half[:, 1:] != x[:, 1:])
    levels = (half + 1.0) * (NUM_LEVELS - 1) / 2
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-5)


@MODELS
def test_what_is_drawn_does_not_depend_on_the_rows_that_it_replaces(completed, model):
    x, drawn, other, other_drawn = completed
    half, other_half = drawn[model][0.5], other_drawn[model][0.5]
    assert np.all(x[OTHER_LOWER, 1:] != other[OTHER_LOWER, 1:])
    np.testing.assert_array_equal(half[OTHER_LOWER], other_half[OTHER_LOWER])
    # The given rows do count.
    assert np.any(half[OTHER_UPPER, 1:] != other_half[OTHER_UPPER, 1:])


@MODELS
def test_with_everything_drawn_the_completion_does_not_depend_on_the_image(
    completed, model
):
    x, drawn, other, other_drawn = completed
    assert np.all(x[OTHER_IMAGES] != other[OTHER_IMAGES])
    np.testing.assert_array_equal(drawn[model][1.0], other_drawn[model][1.0])


def test_a_direct_completion_needs_the_first_pixels():
    masks = ~completion.given_rows(0.5, *SHAPE[:2])[None]
    with pytest.raises(ValueError, match="first pixels in raster order"):
        completion.complete_directly(
            make_trained().baseline, np.zeros((1, *SHAPE), np.float32), masks, seed=1
        )
