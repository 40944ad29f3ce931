import numpy as np
import pytest

from smoothing_tf.evaluation.samples import (
    draw_samples,
    picture_samples,
    real_uint8,
    samples_uint8,
)
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.smoothing import Gaussian
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import make_tiny_model

SHAPE = (4, 4, 1)


def _two_stage():
    return TwoStageModel(
        Gaussian(0.3),
        make_tiny_model("smoothed", SHAPE),
        make_tiny_model("reverse", SHAPE),
    )


def test_every_kind_is_drawn_once_per_sample_and_no_two_are_equal():
    samples = draw_samples(
        _two_stage(), make_tiny_model("baseline", SHAPE), 7, batch_size=3, seed=0
    )
    assert set(samples) == {"smoothed", "samples", "single_step", "baseline"}
    for kind, images in samples.items():
        assert images.shape == (7, *SHAPE)
        assert images.dtype == np.float32
        assert len(np.unique(images.reshape(7, -1), axis=0)) == 7, kind
    assert not np.array_equal(samples["samples"], samples["baseline"])


def test_single_step_belongs_to_the_smoothed_sample():
    two_stage = _two_stage()
    samples = draw_samples(two_stage, None, 4, batch_size=2, seed=0)
    np.testing.assert_allclose(
        samples["single_step"],
        two_stage.single_step_denoise(samples["smoothed"]),
        atol=1e-5,
    )


def test_samples_follow_the_seed():
    def draw(seed):
        return draw_samples(_two_stage(), None, 4, batch_size=4, seed=seed)["samples"]

    np.testing.assert_array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


def test_no_samples_wanted():
    assert draw_samples(_two_stage(), None, 0, batch_size=4, seed=0) == {}


def test_exact_samples_are_rounded_to_levels_and_estimates_are_not():
    values = np.linspace(-1.2, 1.2, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    samples = samples_uint8(
        {"samples": values, "single_step": values, "baseline": np.uint8(values > 0)},
        num_levels=4,
    )
    assert set(np.unique(samples["samples"])) == {0, 85, 170, 255}
    assert len(np.unique(samples["single_step"])) > 40
    np.testing.assert_array_equal(samples["baseline"], np.uint8(values > 0))


def test_samples_that_are_not_finite_are_rejected():
    with pytest.raises(ValueError, match="finite.*'samples'"):
        samples_uint8({"samples": np.full((1, *SHAPE), np.nan)}, num_levels=4)


def test_real_images_span_the_grey_levels():
    dataset = tiny_dataset(SHAPE, 4)
    expected = dataset.array("test") * np.uint8(85)
    np.testing.assert_array_equal(real_uint8(dataset, "test"), expected)


def test_pictures_of_images_and_of_vectors():
    images = np.zeros((3, *SHAPE), np.uint8)
    pictures = picture_samples(images, {"samples": images, "smoothed": images})
    assert list(pictures) == ["real", "smoothed", "samples", "columns"]
    vectors = np.random.Generator(np.random.PCG64(0)).normal(size=(9, 2))
    assert list(picture_samples(vectors, {"samples": vectors})) == ["points"]
