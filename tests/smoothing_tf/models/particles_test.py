"""Particles: systematic resampling, and the choice of one by weight."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.particles import (
    choose_particles,
    draw_classes,
    resample_unequal,
)
from smoothing_tf.seeds import example_seeds


def test_unequal_particles_are_copied_in_proportion_to_their_weights():
    weights = np.array([[0.7, 0.16, 0.1, 0.04], [0.05, 0.05, 0.8, 0.1]])
    for uniform in (0.0, 0.3, 0.99):
        ancestors, log_weights = resample_unequal(
            tf.math.log(weights) - 500.0, tf.fill([2], tf.constant(uniform, tf.float64))
        )
        for own, expected in zip(ancestors.numpy(), 4 * weights):
            counts = np.bincount(own, minlength=4)
            assert np.all(np.abs(counts - expected) < 1)
        np.testing.assert_array_equal(log_weights, np.zeros((2, 4)))


def test_the_expected_number_of_copies_is_exact():
    weights = np.array([0.85, 0.1, 0.05])
    uniform = (np.arange(1000) + 0.5) / 1000
    ancestors, _ = resample_unequal(
        tf.repeat(tf.math.log(weights)[None], 1000, axis=0), tf.constant(uniform)
    )
    counts = np.mean(np.sum(ancestors.numpy()[..., None] == np.arange(3), axis=1), 0)
    np.testing.assert_allclose(counts, 3 * weights, atol=2e-3)


def test_particles_of_about_the_same_weight_stay():
    log_weights = tf.constant([[0.0, 0.1, -0.1, 0.2], [0.0, -9.0, -9.0, -9.0]])
    ancestors, new = resample_unequal(log_weights, tf.constant([0.5, 0.5]))
    np.testing.assert_array_equal(ancestors, [[0, 1, 2, 3], [0, 0, 0, 0]])
    np.testing.assert_array_equal(new, [log_weights[0], [0.0] * 4])


def test_one_particle_is_chosen_by_its_weight_and_with_all_its_parts():
    num_images = 2000
    log_weights = tf.tile(tf.math.log([0.5, 0.3, 0.2]), [num_images])
    seeds = tf.stack([tf.range(num_images), tf.zeros([num_images], tf.int32)], axis=1)
    places = tf.range(3 * num_images)
    choose = tf.function(choose_particles, autograph=False)
    chosen, doubled = choose(log_weights, seeds, 3, places, 2 * places)
    np.testing.assert_array_equal(doubled, 2 * chosen)
    np.testing.assert_array_equal(chosen // 3, np.arange(num_images))
    frequencies = np.bincount(chosen % 3) / num_images
    np.testing.assert_allclose(frequencies, [0.5, 0.3, 0.2], atol=0.04)


@pytest.mark.parametrize("bad", [-np.inf, np.nan, np.inf])
def test_what_is_not_finite_is_no_weight(bad):
    log_weights = tf.constant([[bad, 0.0, bad], [bad, bad, bad], [0.0, bad, -0.1]])
    uniform = tf.constant([0.1, 0.5, 0.9])
    ancestors, new = resample_unequal(log_weights, uniform)
    # If no particle has any weight, all are kept with equal weights.
    np.testing.assert_array_equal(ancestors[:2], [[1, 1, 1], [0, 1, 2]])
    assert np.all(np.isfinite(new[:2]))
    seeds = tf.constant([[1, 2], [3, 4], [5, 6]])
    (chosen,) = choose_particles(tf.reshape(log_weights, [-1]), seeds, 3, tf.range(9))
    np.testing.assert_array_equal(chosen // 3, [0, 1, 2])
    assert chosen[0] == 1 and chosen[2] != 7


def test_the_particles_of_an_image_have_the_classes_in_proportion():
    frequencies = np.array([0.5, 0.0, 0.3, 0.2, 0.0])
    with np.errstate(divide="ignore"):
        logits = tf.constant(np.log(frequencies), tf.float32)
    seeds = example_seeds(1, 500)
    for num_particles in (1, 7, 64):
        drawn = draw_classes(logits, seeds, num_particles).numpy()
        assert drawn.dtype == np.int32
        counts = np.stack(
            [np.bincount(own, minlength=5) for own in drawn.reshape(500, num_particles)]
        )
        assert np.all(np.abs(counts - num_particles * frequencies) < 1 + 1e-4)
        # The number of one class is known to 1, with a variance of at most 1/4.
        means = counts.mean(axis=0) - num_particles * frequencies
        assert np.all(np.abs(means) < 4.5 * 0.5 / np.sqrt(500))
    few = draw_classes(logits, seeds[:3], 64).numpy()
    np.testing.assert_array_equal(few, drawn[: 3 * 64])


def test_an_image_that_uses_fewer_particles_gets_what_so_many_give():
    rng = np.random.default_rng(0)
    log_weights = tf.constant(rng.normal(size=(6, 5)))
    uniform = tf.constant(rng.uniform(size=6))
    seeds = example_seeds(3, 6)
    num_used = tf.constant([1, 2, 3, 4, 5, 3])
    frequencies = tf.math.log([0.2, 0.5, 0.3])
    ancestors, new = resample_unequal(log_weights * 3.0, uniform, num_used)
    flat = tf.reshape(log_weights, [-1])
    (chosen,) = choose_particles(flat, seeds, 5, tf.range(30), num_used=num_used)
    classes = tf.reshape(draw_classes(frequencies, seeds, 5, num_used), [6, 5])
    for image, used in enumerate(num_used.numpy()):
        own = log_weights[image : image + 1, :used]
        place = slice(image, image + 1)
        wanted, wanted_new = resample_unequal(own * 3.0, uniform[place])
        np.testing.assert_array_equal(ancestors[image, :used], wanted[0])
        np.testing.assert_array_equal(ancestors[image, used:], range(used, 5))
        np.testing.assert_array_equal(new[image, :used], wanted_new[0])
        assert np.all(np.isneginf(new[image, used:]))
        own = tf.reshape(own, [-1])
        (index,) = choose_particles(own, seeds[place], int(used), tf.range(used))
        assert chosen[image] == 5 * image + index[0]
        wanted = draw_classes(frequencies, seeds[place], int(used))
        np.testing.assert_array_equal(classes[image, :used], wanted)
