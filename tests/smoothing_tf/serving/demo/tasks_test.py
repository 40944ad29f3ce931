"""The functions of the page, on exports that other tests use too."""

import numpy as np
import pytest

from smoothing_tf.serving.demo import tasks
from smoothing_tf.serving.demo.exported_model import ExportedModel

_IMAGE = np.round(255 * np.arange(16) / 16).astype(np.uint8).reshape(4, 4, 1)


@pytest.fixture
def model(of_images):
    return of_images


def test_samples_depend_on_their_seed_alone(model):
    drawn = tasks.draw(model, 3, 4)
    assert set(drawn) == {"smoothed", "single_step", "samples"}
    assert drawn["samples"].shape == (4, 4, 4, 1)
    fewer = tasks.draw(model, 3, 2)["samples"]
    np.testing.assert_array_equal(fewer, drawn["samples"][:2])
    assert np.any(tasks.draw(model, 4, 4)["samples"] != drawn["samples"])


def test_samples_have_the_class_that_is_asked_for(of_vectors):
    assert of_vectors.class_names == ["cat", "dog", "owl"]
    assert tasks.draw(of_vectors, 0, 5, 2)["label"].tolist() == [2] * 5
    drawn = tasks.draw(of_vectors, 0, 20, tasks.ANY_CLASS)["label"]
    assert set(drawn) == {0, 1}  # The frequency of the third is 0.
    with pytest.raises(ValueError, match="`label` must be given"):
        tasks.draw(of_vectors, 0, 5)


@pytest.mark.parametrize("seed", [None, -1, 2**31, 0.5])
def test_a_seed_that_is_none_is_refused(model, seed):
    with pytest.raises(ValueError, match="^The seed must be a whole number from 0"):
        tasks.draw(model, seed, 1)


@pytest.mark.parametrize("number", [None, 0, 2.5, float("nan")])
def test_a_count_that_is_none_is_refused(model, number):
    with pytest.raises(ValueError, match="must be a whole number of at least 1; got"):
        tasks.draw(model, 0, number)
    with pytest.raises(ValueError, match="must be a whole number of at least 1; got"):
        tasks.inpaint(model, _IMAGE, np.zeros((4, 4), np.uint8), 0, 1, number)


@pytest.mark.parametrize("deviation", [None, -0.1, float("inf")])
def test_a_deviation_that_is_none_is_refused(model, deviation):
    with pytest.raises(ValueError, match="must be a number of at least 0; got"):
        tasks.add_noise(model, _IMAGE, deviation, 0)


def test_the_message_of_a_refused_request_is_that_of_the_signature(model):
    with pytest.raises(
        ValueError, match="^`seed` must have from 1 to 20 rows; got 21.$"
    ):
        tasks.draw(model, 0, 21)


@pytest.mark.parametrize("kind", ["gaussian", "laplace", "uniform"])
def test_noise_has_the_deviation_that_is_asked_for(kind):
    model = type("Model", (), {"facts": {"smoothing": kind}})
    image = np.full((200, 200, 1), 255, np.uint8)
    noise = tasks.add_noise(model, image, 0.3, 1) - 1.0
    # Four standard errors of the deviation: its square has kurtosis of at most 6.
    assert abs(noise.std() / 0.3 - 1.0) < 4.0 * (5.0 / (4 * noise.size)) ** 0.5
    assert abs(noise.mean()) < 4.0 * 0.3 / noise.size**0.5
    np.testing.assert_array_equal(tasks.add_noise(model, image, 0.0, 1), 1.0)


def test_single_step_and_two_step_draws_are_those_of_the_signatures(model):
    x_smoothed = tasks.add_noise(model, _IMAGE, 0.3, 5)
    found = tasks.denoise(model, x_smoothed, 5, 3)
    assert found["samples"].shape == (3, 4, 4, 1)
    assert found["single_step"].shape == (1, 4, 4, 1)
    again = model.call("denoise", x_smoothed=x_smoothed[None], seed=[[5, 0]])
    np.testing.assert_array_equal(found["samples"][:1], again["samples"])


def test_inpainting_keeps_the_known_pixels_in_requests_of_any_size(model):
    known = np.ones((4, 4), np.uint8)
    known[1:3] = 0
    # More rows of particles than a request may have.
    found = tasks.inpaint(model, _IMAGE, known, 0, 9, 3)
    assert found.shape == (9, 4, 4, 1)
    np.testing.assert_array_equal(found[:, known > 0], [_IMAGE[known > 0]] * 9)
    assert np.any(found != _IMAGE)
    np.testing.assert_array_equal(
        tasks.inpaint(model, _IMAGE, known, 0, 2, 3), found[:2]
    )


def test_likelihoods_are_means_over_draws_in_requests_of_any_size(model):
    images = np.stack([_IMAGE, 255 - _IMAGE // 255 * 255])
    scores = tasks.score(model, images, 1, 13)  # More rows than a request may have.
    assert set(scores) == {"bits_per_dim", "bits_per_dim_baseline"}
    seeds = [[1, 13 + draw] for draw in range(13)]
    rows = np.repeat(images[1:], 13, axis=0)
    bits = model.call("bound_pixels", pixels=rows, seed=seeds)["bits_per_dim"]
    np.testing.assert_allclose(scores["bits_per_dim"][1], bits.mean(), rtol=1e-6)
    exact = model.call("log_prob_pixels", pixels=images)["bits_per_dim"]
    np.testing.assert_allclose(scores["bits_per_dim_baseline"], exact, rtol=1e-6)


@pytest.mark.parametrize("value", [0.5, 256.0, -1, np.nan, np.inf])
def test_values_that_are_no_levels_are_not_converted_to_levels(model, value):
    pixels = np.full((1, 4, 4, 1), 255, np.array(value).dtype)
    exact = model.call("log_prob_pixels", pixels=pixels)["bits_per_dim"]
    np.testing.assert_array_equal(
        exact, model.call("log_prob_pixels", pixels=np.uint8(pixels))["bits_per_dim"]
    )
    pixels[0, 1, 2] = value
    reason = f"`pixels` must hold whole numbers from 0 to 255; got {value}"
    with pytest.raises(ValueError, match=reason):
        model.call("log_prob_pixels", pixels=pixels)


def test_an_export_of_an_earlier_version_is_refused(images_exported, tmp_path):
    facts = tmp_path / "assets.extra" / "smoothing.json"
    facts.parent.mkdir()
    facts.write_text('{"event_shape": [4, 4, 1]}')
    with pytest.raises(ValueError, match="exported by an earlier version"):
        ExportedModel(tmp_path)
