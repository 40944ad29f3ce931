"""Samples, denoising and inpainting for given, drawn and inferred classes."""

import dataclasses

import numpy as np
import pytest

from smoothing_tf.models.classes import Classes
from smoothing_tf.sampling import denoise_images, draw_samples, inpaint_images
from tests.testing.class_models import CENTERS, class_trained
from tests.testing.tiny_models import tiny_trained


def class_of(points):
    """The class whose center is nearest."""
    return np.argmin(np.abs(points.mean(axis=1, keepdims=True) - CENTERS), axis=1)


@pytest.mark.usefixtures("eager")
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


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("stages", [(3, None), (None, 3)])
def test_one_class_conditional_stage_suffices(stages):
    samples = draw_samples(class_trained(*stages), 3, seed=1, label=[0, 2, 1])
    np.testing.assert_array_equal(samples["label"], [0, 2, 1])
    if stages[0]:
        np.testing.assert_array_equal(class_of(samples["samples"]), [0, 2, 1])


@pytest.mark.usefixtures("eager")
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


@pytest.mark.usefixtures("eager")
def test_inpainting_takes_a_class():
    trained, mask = class_trained(), np.array([True, False])
    points = np.array([[6.2, 0.0], [0.1, 9.0]], np.float32)
    drawn = inpaint_images(
        trained, points, mask, seed=1, num_inpaintings=2, label=[2, 1]
    )
    np.testing.assert_array_equal(drawn["label"], [2, 2, 1, 1])
    missing = drawn["samples"][:, 1:]
    np.testing.assert_array_equal(class_of(missing), [2, 2, 1, 1])


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("stages", [(3, 3), (3, None)])
def test_inpainting_infers_the_class_from_the_known_values(stages):
    trained, mask = class_trained(*stages), np.array([True, False])
    points = np.array([[0.1, 9.0], [-6.3, 9.0]], np.float32)
    drawn = inpaint_images(
        trained, points, mask, seed=1, num_inpaintings=3, num_particles=6
    )
    np.testing.assert_array_equal(drawn["label"], [1, 1, 1, 0, 0, 0])
    missing = drawn["samples"][:, 1:]
    np.testing.assert_array_equal(class_of(missing), drawn["label"])
    few = inpaint_images(trained, points[:1], mask, seed=1, num_particles=6)
    np.testing.assert_allclose(few["samples"], drawn["samples"][:1], rtol=1e-5)


def test_one_particle_cannot_infer_the_class():
    points, mask = np.zeros((1, 2), np.float32), np.array([True, False])
    with pytest.raises(ValueError, match=r"give `label` \(--class\), or more of"):
        inpaint_images(class_trained(), points, mask, seed=1)


def _move_centers(trained, centers):
    """Moves the centers of the classes of both stages."""
    for model, factor in ((trained.smoothed, 1.0), (trained.reverse, 0.1)):
        table = np.zeros((3, 6), np.float32)
        table[:, [1, 4]] = factor * centers[:, None]
        model.class_biases[-1].table.assign(table)


def _exact_posterior(known, centers, frequencies):
    """p(y | x_0) of `class_model`, by integrating over x~_0."""

    def logistic(x, location):
        return np.cosh((x - location) / 0.6) ** -2 / 1.2

    x_smoothed = np.linspace(-20.0, 20.0, 20001)
    likelihoods = [
        np.sum(logistic(x_smoothed, c) * logistic(known, x_smoothed + 0.1 * c))
        for c in centers
    ]
    joint = np.asarray(frequencies) * likelihoods
    return joint / joint.sum()


@pytest.mark.parametrize("frequencies", [(0.5, 0.5, 0.0), (0.2, 0.8, 0.0)])
def test_the_inferred_class_is_a_draw_given_the_known_values(frequencies):
    trained = dataclasses.replace(
        class_trained(), classes=Classes(frequencies=frequencies)
    )
    # Classes that overlap, so that x~ around the known value has some weight for each.
    centers, known, n = np.array([-0.8, 0.4, 0.0]), -0.6, 600
    _move_centers(trained, centers)
    points = np.full((n, 2), known, np.float32)
    drawn = inpaint_images(
        trained, points, np.array([True, False]), seed=3, num_particles=64
    )
    exact = _exact_posterior(known, centers, frequencies)
    error = np.sqrt(exact[0] * exact[1] / n)
    share = np.mean(drawn["label"] == 0)
    assert abs(share - exact[0]) < 4.5 * error < abs(frequencies[0] - exact[0])


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
