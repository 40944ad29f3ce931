"""Inpainting, against the exact conditionals of a joint of two pixels."""

import dataclasses
import functools

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import (
    MADE,
    GatedPixelCNN,
    GatedPixelCNNConfig,
    MADEConfig,
    PixelCNNppConfig,
    TwoStageModel,
)
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.inpainting import clamped_walk
from smoothing_tf.models.inpainting_arguments import prepare_images
from smoothing_tf.models.particles import choose_particles, repeat_particles
from smoothing_tf.models.pixelcnnpp import make_pixelcnnpp
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.seeds import example_seeds
from smoothing_tf.smoothing import Gaussian, Laplace
from tests.testing.density_model_contract import all_events, randomize
from tests.testing.two_pixels import (
    LATER_KNOWN,
    NUM_IMAGES,
    NUM_LEVELS,
    X,
    draw,
    exact,
    frequencies,
    plain,
    total_variation,
    trace,
    two_pixels,
)


def test_the_bias_of_the_plain_procedure_is_gone_with_many_particles():
    model = two_pixels()
    truth, approximation = exact(model)[:, 2], plain(model)[:, 2]
    bias = total_variation(approximation, truth)
    assert 0.55 < bias < 0.58
    drawn = {n: frequencies(draw(model, 2, n)[1]) for n in (1, 64)}
    # 1,000 draws are off by about 0.02 themselves.
    assert total_variation(drawn[1], approximation) < 0.05
    assert total_variation(drawn[64], truth) < 0.05


@pytest.mark.large
def test_the_bias_of_the_plain_procedure_falls_with_the_number_of_particles():
    model = two_pixels()
    truth = exact(model)[:, 2]
    errors = []
    for num_particles in (1, 4, 16, 64):
        drawn = [draw(model, 2, num_particles, seed)[1] for seed in range(5)]
        errors.append(total_variation(frequencies(np.concatenate(drawn)), truth))
    assert errors[0] > 2 * errors[1] > 6 * errors[2]
    assert errors[2] > 0.03 > errors[3]


@pytest.mark.parametrize(
    "num_images, tolerance",
    [(300, 0.1), pytest.param(4000, 0.03, marks=pytest.mark.large)],
)
def test_resampling_after_every_row_gives_the_same_distribution(num_images, tolerance):
    truth = exact(two_pixels())[:, 2]
    column = two_pixels(shape=(2, 1, 1))
    images = np.tile(np.reshape([9.0, X[2]], [1, 2, 1, 1]), [num_images, 1, 1, 1])
    _, x = column.inpaint(images, [[0], [1]], seed=1, num_particles=64)
    np.testing.assert_array_equal(x[:, 1], images[:, 1])
    found = frequencies(x[:, 0, 0, 0].numpy())
    # Without weights the error is above 0.5.
    assert total_variation(found, truth) < tolerance


def test_known_pixels_that_the_model_holds_for_impossible_stay_with_their_image():
    model = two_pixels()
    trace(64)
    images = np.reshape([[9.0, 1e200], [9.0, X[0]]], [2, 1, 2, 1])
    images = np.tile(images, [100, 1, 1, 1])
    _, x = model.inpaint(images, LATER_KNOWN, seed=1, num_particles=64)
    np.testing.assert_array_equal(x[:, :, 1], images[:, :, 1])


def test_x_smoothed_goes_with_its_x():
    model = two_pixels()
    x_smoothed, x = draw(model, 1, num_particles=64)
    product = exact(model, lambda x, grid: grid[:, 0, 0, 0] * x[:, 0, 0, 0])
    error = 4 * np.std(x_smoothed * x) / np.sqrt(len(x))
    np.testing.assert_allclose(
        np.mean(x_smoothed * x), product.sum(axis=0)[1], atol=error
    )


def test_a_later_known_pixel_is_heard_through_x_smoothed_and_with_particles_fully():
    # Where x_0 does not read x~_1 the plain procedure draws the same, bit for bit.
    deaf = two_pixels()
    for low, high in zip(draw(deaf, 0, 1), draw(deaf, 2, 1)):
        np.testing.assert_array_equal(low, high)
    hearing = two_pixels(heard=0.2)

    def response(num_particles):
        low, high = (
            frequencies(draw(hearing, level, num_particles)[1]) for level in (0, 2)
        )
        return total_variation(low, high)

    truth = exact(hearing)
    full = total_variation(truth[:, 0], truth[:, 2])
    assert full > 0.8
    assert 0.1 < response(1) < 0.5
    np.testing.assert_allclose(response(64), full, atol=0.05)


def test_an_earlier_known_pixel_is_heard_without_particles():
    model = two_pixels()
    drawn = []
    for level in (0, 2):
        images = np.tile(
            np.reshape([X[level], 9.0], [1, 1, 2, 1]), [NUM_IMAGES, 1, 1, 1]
        )
        trace(1)
        x = model.inpaint(images, [[1, 0]], seed=1)[1]
        drawn.append(frequencies(x[:, 0, 1, 0].numpy()))
    assert total_variation(*drawn) > 0.8


def test_an_image_has_its_own_mask_and_does_not_depend_on_the_others():
    model = two_pixels(heard=0.2)
    trace(64)
    levels = np.array([[0, 2], [2, 1], [1, 0], [2, 2]])
    images = X[levels].reshape(4, 1, 2, 1)
    mask = np.array([[[0, 1]], [[1, 0]], [[0, 0]], [[1, 1]]])
    inpaint = functools.partial(model.inpaint, num_particles=64)
    together = inpaint(images, mask, seed=3)
    known = mask[..., None] == 1
    np.testing.assert_array_equal(together[1][known], images[known])
    few = inpaint(images[:2], mask[:2], seed=3)
    seeds = tf.constant([[1, 2], [3, 4]])
    named = inpaint(images[:2], mask[:2], seed=seeds)
    alone = inpaint(images[1:2], mask[1:2], seed=seeds[1:])
    for index in (0, 1):
        np.testing.assert_allclose(few[index], together[index][:2], rtol=1e-12)
        np.testing.assert_allclose(alone[index], named[index][1:], rtol=1e-12)


def test_the_values_of_missing_pixels_do_not_matter():
    model = two_pixels()
    images = np.full([2, 1, 2, 1], X[2])
    is_missing = np.reshape([True, False], [1, 1, 2, 1])
    junk = [np.where(is_missing, value, images) for value in (-100.0, np.nan)]
    for num_particles in (1, 64):
        trace(num_particles)
        expected, *others = (
            model.inpaint(x, LATER_KNOWN, seed=1, num_particles=num_particles)
            for x in (images, *junk)
        )
        for drawn in others:
            np.testing.assert_array_equal(expected[0][:, 0, 0], drawn[0][:, 0, 0])
            np.testing.assert_array_equal(expected[1], drawn[1])


@pytest.mark.usefixtures("eager")
def test_nothing_is_asked_of_a_likelihood_about_missing_pixels():
    # A categorical one has no class for NaN.
    config = GatedPixelCNNConfig(num_layers=1, num_filters=4, num_mixtures=1)
    reverse = dataclasses.replace(config, head="categorical")
    model = TwoStageModel(
        Gaussian(0.3),
        GatedPixelCNN(config, (2, 3, 1)),
        GatedPixelCNN(reverse, (2, 3, 1), NUM_LEVELS, takes_x_smoothed=True),
    )
    mask = np.reshape([[1, 0, 1], [0, 1, 1]], (1, 2, 3))
    x = np.where(mask[..., None], np.float32(X[2]), np.float32(np.nan))
    known = mask[..., None] == 1
    for num_particles in (1, 3):
        _, drawn = model.inpaint(x, mask, seed=1, num_particles=num_particles)
        np.testing.assert_array_equal(drawn[known], x[known])
        assert np.all(np.isin(drawn, X.astype(np.float32)))


@pytest.mark.usefixtures("eager")
def test_vectors_keep_their_known_coordinates_to_the_bit():
    config = MADEConfig(hidden_units=(8,), num_mixtures=2)
    stages = (MADE(config, (3,), None, takes_x_smoothed) for takes_x_smoothed in (0, 1))
    model = TwoStageModel(Laplace(0.3), *stages)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    x_smoothed, drawn = model.inpaint(x, [1, 0, 1], seed=1, num_particles=4)
    assert x_smoothed.dtype == drawn.dtype == tf.float32
    np.testing.assert_array_equal(drawn[:, ::2], x[:, ::2])
    assert np.all(drawn[:, 1] != x[:, 1])


def test_every_channel_of_a_known_pixel_is_weighed():
    config = MADEConfig(hidden_units=(16,), num_mixtures=2)
    model = randomize(MADE(config, (1, 2, 3), 2, dtype="float64"), scale=1.0)
    events = tf.cast(all_events((1, 2, 3), 2), tf.float64)
    joint = np.exp(model.log_prob(events)).reshape(8, 8)
    known = 5
    truth = joint[:, known] / joint[:, known].sum()
    # Without weights the first pixel ignores the second.
    assert total_variation(truth, joint.sum(axis=1)) > 0.2
    images = tf.repeat(events[known : known + 1], NUM_IMAGES, axis=0)
    mask = tf.broadcast_to(tf.constant([[False], [True]]), images.shape)
    seeds, num_particles = example_seeds(1, len(images)), 32

    @tf.function(autograph=False)
    def draw(images, mask):
        walked = clamped_walk(
            model,
            repeat_particles(images, num_particles),
            repeat_particles(mask, num_particles),
            seeds,
            num_particles,
        )
        return choose_particles(walked.log_weights, seeds, num_particles, walked.x)

    (x,) = draw(images, mask)
    np.testing.assert_array_equal(x[:, :, 1], images[:, :, 1])
    drawn = np.sum((x[:, 0, 0].numpy() > 0) * [4, 2, 1], axis=-1)
    counts = np.bincount(drawn, minlength=8) / len(drawn)
    assert total_variation(counts, truth) < 0.05


@pytest.mark.parametrize(
    "name",
    [
        "features",
        pytest.param("stacked", marks=pytest.mark.large),
        pytest.param("gated_pixelcnn", marks=pytest.mark.large),
    ],
)
@pytest.mark.usefixtures("eager")
def test_the_incremental_walk_gives_the_particles_of_the_slow_one(name, monkeypatch):
    shape, num_particles = (4, 4, 3), 3
    if name == "gated_pixelcnn":
        make = GatedPixelCNN
        config = GatedPixelCNNConfig(num_layers=2, num_filters=6, num_mixtures=2)
    else:
        make = make_pixelcnnpp
        config = PixelCNNppConfig(
            num_resnet=1, num_filters=4, num_mixtures=2, conditioning=name
        )
    reverse = make(config, shape, 5, takes_x_smoothed=True, dtype="float64")
    randomize(reverse, scale=0.1)
    rng = np.random.default_rng(0)
    images = levels_to_unit(rng.integers(5, size=(2, *shape)), 5, tf.float64)
    mask = rng.integers(2, size=(2, *shape[:2]))
    images, known = prepare_images(images, mask, num_particles, shape)
    # Each particle has x~ and weights of its own, which move with it.
    x_smoothed, log_preference = rng.normal(size=(2, 2 * num_particles, *shape))

    def walk():
        return clamped_walk(
            reverse,
            repeat_particles(images, num_particles),
            repeat_particles(known, num_particles),
            example_seeds(1, 2),
            num_particles,
            Condition(tf.constant(x_smoothed)),
            log_preference=tf.constant(log_preference),
        )

    fast = walk()
    monkeypatch.setattr(type(reverse), "walk", AutoregressiveModel.walk)
    slow = walk()
    assert len(set(fast.origin.numpy())) < 2 * num_particles
    np.testing.assert_array_equal(fast.origin, slow.origin)
    for fast_part, slow_part in zip(fast, slow):
        assert np.all(np.isfinite(fast_part))
        np.testing.assert_allclose(fast_part, slow_part, atol=1e-9)
    given = np.repeat(images, num_particles, axis=0)
    is_known = np.repeat(known, num_particles, axis=0)
    np.testing.assert_array_equal(fast.x.numpy()[is_known], given[is_known])
