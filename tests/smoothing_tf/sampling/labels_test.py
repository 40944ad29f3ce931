"""Samples, denoising and inpainting for given, drawn and inferred classes."""

import numpy as np
import pytest

from smoothing_tf.sampling import denoise_images, draw_samples, inpaint_images
from tests.testing.class_models import CENTERS, class_trained
from tests.testing.tiny_models import tiny_trained


def class_of(points):
    """The class whose center is nearest."""
    return np.argmin(np.abs(points.mean(axis=1, keepdims=True) - CENTERS), axis=1)


@pytest.mark.parametrize("label", [2, np.array([0, 2, 1, 1])])
def test_every_kind_is_of_the_given_classes(label):
    samples = draw_samples(class_trained(baseline=True), 4, seed=1, label=label)
    labels = np.broadcast_to(label, 4)
    np.testing.assert_array_equal(samples.pop("label"), labels)
    assert set(samples) == {"smoothed", "single_step", "samples", "baseline"}
    for kind, points in samples.items():
        np.testing.assert_array_equal(class_of(points), labels, err_msg=kind)


def test_drawn_classes_have_the_training_frequencies_and_a_seed():
    trained = class_trained()
    many = draw_samples(trained, 200, seed=1)
    counts = np.bincount(many["label"], minlength=3)
    assert counts[2] == 0 and 70 < counts[0] < 130
    np.testing.assert_array_equal(class_of(many["samples"]), many["label"])
    few, other = (draw_samples(trained, 20, seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(few["label"], many["label"][:20])
    assert np.any(other["label"] != few["label"])


@pytest.mark.parametrize("stages", [(3, None), (None, 3)])
def test_one_class_conditional_stage_suffices(stages):
    samples = draw_samples(class_trained(*stages), 3, seed=1, label=[0, 2, 1])
    np.testing.assert_array_equal(samples["label"], [0, 2, 1])
    if stages[0]:
        np.testing.assert_array_equal(class_of(samples["samples"]), [0, 2, 1])


def test_denoising_infers_the_class_of_x_smoothed():
    # The class "high" never occurs in training.
    x_smoothed = np.repeat(CENTERS[[1, 0, 2, 0]][:, None], 2, axis=1)
    inferred = denoise_images(class_trained(), x_smoothed, seed=1, num_draws=2)
    np.testing.assert_array_equal(inferred["label"], [1, 1, 0, 0, 1, 1, 0, 0])
    given = denoise_images(class_trained(), x_smoothed, seed=1, label=2)
    np.testing.assert_array_equal(given["label"], [2] * 4)
    # p(x|x~, y) is around x~ + 0.1 times the center.
    drift = np.mean(given["samples"] - x_smoothed)
    assert drift == pytest.approx(0.6, abs=0.5)


def test_without_a_class_conditional_smoothed_stage_x_smoothed_tells_nothing():
    x_smoothed = np.full((200, 2), CENTERS[2])
    drawn = denoise_images(class_trained(None), x_smoothed, seed=1)["label"]
    counts = np.bincount(drawn, minlength=3)
    assert counts[2] == 0 and 70 < counts[0] < 130


def test_inpainting_takes_a_class_and_needs_it():
    trained, mask = class_trained(), np.array([True, False])
    points = np.array([[6.2, 0.0], [0.1, 9.0]], np.float32)
    drawn = inpaint_images(
        trained, points, mask, seed=1, num_inpaintings=2, label=[2, 1]
    )
    np.testing.assert_array_equal(drawn["label"], [2, 2, 1, 1])
    missing = drawn["samples"][:, 1:]
    np.testing.assert_array_equal(class_of(missing), [2, 2, 1, 1])
    with pytest.raises(ValueError, match="needs a class: give `label`, or --class"):
        inpaint_images(trained, points, mask, seed=1)


def test_labels_that_do_not_fit_are_rejected():
    trained = class_trained()
    for label, message in (
        (3, "from 0 to 2; got 3"),
        ([0, 1], r"or integers \[3\]; got int64 \[2\]"),
        ([0.0, 1.0, 2.0], r"or integers \[3\]; got float64"),
    ):
        with pytest.raises(ValueError, match=message):
            draw_samples(trained, 3, seed=0, label=label)
    for draw in (
        lambda: draw_samples(tiny_trained((2,)), 1, seed=0, label=0),
        lambda: denoise_images(
            tiny_trained((2,)), np.zeros((1, 2), np.float32), seed=0, label=0
        ),
    ):
        with pytest.raises(ValueError, match="`label` must be None"):
            draw()
