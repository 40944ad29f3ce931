import numpy as np
import pytest

from smoothing_tf.evaluation import pictures
from smoothing_tf.evaluation.samples import (
    draw_samples,
    non_finite_reasons,
    picture_samples,
    real_uint8,
    samples_uint8,
)
from smoothing_tf.models import MADE, MADEConfig
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


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr("smoothing_tf.evaluation.samples.BATCH_SIZE", 3)
    monkeypatch.setattr("smoothing_tf.evaluation.samples._GRADIENT_BATCH_SIZE", 2)


def test_every_kind_is_drawn_once_per_sample_and_no_two_are_equal():
    samples = draw_samples(_two_stage(), make_tiny_model("baseline", SHAPE), 7, seed=0)
    assert set(samples) == {"smoothed", "samples", "single_step", "baseline"}
    for kind, images in samples.items():
        assert images.shape == (7, *SHAPE)
        assert images.dtype == np.float32
        assert len(np.unique(images.reshape(7, -1), axis=0)) == 7, kind
    assert not np.array_equal(samples["samples"], samples["baseline"])


def test_first_samples_do_not_depend_on_how_many_follow():
    baseline = make_tiny_model("baseline", SHAPE)
    few, many = (draw_samples(_two_stage(), baseline, n, seed=0) for n in (2, 7))
    for kind in few:
        np.testing.assert_array_equal(few[kind], many[kind][:2])


def test_samples_do_not_depend_on_the_size_of_the_batches(monkeypatch):
    baseline = make_tiny_model("baseline", SHAPE)
    in_threes = draw_samples(_two_stage(), baseline, 7, seed=0)
    monkeypatch.setattr("smoothing_tf.evaluation.samples.BATCH_SIZE", 5)
    monkeypatch.setattr("smoothing_tf.evaluation.samples._GRADIENT_BATCH_SIZE", 7)
    in_fives = draw_samples(_two_stage(), baseline, 7, seed=0)
    for kind, images in in_threes.items():
        np.testing.assert_allclose(images, in_fives[kind], atol=1e-6)


def test_single_step_belongs_to_the_smoothed_sample():
    two_stage = _two_stage()
    samples = draw_samples(two_stage, None, 4, seed=0)
    np.testing.assert_allclose(
        samples["single_step"],
        two_stage.single_step_denoise(samples["smoothed"]),
        atol=1e-5,
    )


def test_the_gradient_of_single_step_is_the_one_asked_for():
    def gaussian_like(stage):
        config = MADEConfig(hidden_units=(8,), num_mixtures=1)
        return MADE(config, (3,), is_conditional=stage == "reverse")

    two_stage = TwoStageModel(
        Gaussian(0.3), gaussian_like("smoothed"), gaussian_like("reverse")
    )
    exact, truncated = (
        draw_samples(two_stage, None, 3, seed=0, gradient=gradient)
        for gradient in ("exact", "truncated")
    )
    np.testing.assert_array_equal(exact["smoothed"], truncated["smoothed"])
    np.testing.assert_allclose(
        truncated["single_step"],
        two_stage.single_step_denoise(truncated["smoothed"], "truncated"),
        atol=1e-5,
    )
    assert not np.allclose(exact["single_step"], truncated["single_step"], atol=1e-4)


def test_smoothed_stage_alone_gives_what_it_gives_with_the_other():
    two_stage = _two_stage()
    alone = draw_samples(
        None,
        None,
        4,
        smoothing=two_stage.smoothing,
        smoothed=two_stage.smoothed,
        seed=0,
    )
    assert set(alone) == {"smoothed", "single_step"}
    both = draw_samples(two_stage, None, 4, seed=0)
    for kind in alone:
        np.testing.assert_array_equal(alone[kind], both[kind])


def test_samples_follow_the_seed():
    def draw(seed):
        return draw_samples(_two_stage(), None, 4, seed=seed)["samples"]

    np.testing.assert_array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


def test_no_samples_wanted():
    assert draw_samples(_two_stage(), None, 0, seed=0) == {}


def test_exact_samples_are_rounded_to_levels_and_estimates_are_not():
    values = np.linspace(-1.2, 1.2, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    samples = samples_uint8(
        {"samples": values, "single_step": values, "baseline": np.uint8(values > 0)},
        num_levels=4,
    )
    assert set(np.unique(samples["samples"])) == {0, 85, 170, 255}
    assert len(np.unique(samples["single_step"])) > 40
    np.testing.assert_array_equal(samples["baseline"], np.uint8(values > 0))


def test_samples_that_are_not_finite_say_what_to_train():
    bad = np.zeros((4, *SHAPE), np.float32)
    bad[1, 0, 0, 0], bad[2, 1] = np.inf, np.nan
    good = np.zeros((4, *SHAPE), np.float32)
    reasons = non_finite_reasons({"smoothed": bad, "samples": good, "baseline": good})
    advice = "Train the smoothed stage longer; its x~ has 2 of 4 non-finite examples."
    assert reasons == {"smoothed": advice, "samples": advice}
    assert non_finite_reasons({"smoothed": good, "samples": np.uint8(good)}) == {}
    (reason,) = non_finite_reasons({"smoothed": good, "baseline": bad}).values()
    assert "Train the baseline stage longer; 2 of 4" in reason
    with pytest.raises(ValueError, match="finite among 'samples'. Train the reverse"):
        samples_uint8({"samples": bad}, num_levels=4)


def test_real_images_span_the_grey_levels():
    dataset = tiny_dataset(SHAPE, 4)
    expected = dataset.array("test") * np.uint8(85)
    np.testing.assert_array_equal(real_uint8(dataset, "test"), expected)


def test_pictures_of_images_and_of_vectors():
    images = np.zeros((3, *SHAPE), np.uint8)
    drawn = picture_samples(images, {"samples": images, "smoothed": images})
    assert list(drawn) == ["real", "smoothed", "samples", "columns"]
    vectors = np.random.Generator(np.random.PCG64(0)).normal(size=(9, 2))
    assert list(picture_samples(vectors, {"samples": vectors})) == ["points"]


def test_real_images_of_a_sorted_split_are_shown_of_every_class(monkeypatch):
    shown = {}
    grid, columns = pictures.image_grid, pictures.labelled_columns

    def record_grid(images, *args, **kwargs):
        shown.setdefault("grid", images)
        return grid(images, *args, **kwargs)

    def record_columns(groups):
        shown["columns"] = groups["Real data"][:36]
        return columns(groups)

    monkeypatch.setattr(pictures, "image_grid", record_grid)
    monkeypatch.setattr(pictures, "labelled_columns", record_columns)
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
def test_examples_that_are_no_picture_give_none(examples):
    assert picture_samples(examples, {"samples": examples}) == {}
