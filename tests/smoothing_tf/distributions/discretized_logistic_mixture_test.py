"""Mixtures over several channels with coupling: normalization and sampling."""

import itertools

import numpy as np
import tensorflow as tf

from smoothing_tf.distributions import DiscretizedLogisticMixture
from smoothing_tf.numerics import levels_to_unit

NUM_LEVELS = 4
COLORS = levels_to_unit(
    np.array(list(itertools.product(range(NUM_LEVELS), repeat=3))),
    NUM_LEVELS,
    tf.float64,
)


def random_mixture(dtype=tf.float64, num_mixtures=3, scale=1.0):
    def normal(index, *shape):
        draw = tf.random.stateless_normal(shape, [7, index], dtype=tf.float64)
        return tf.cast(scale * draw, dtype)

    return DiscretizedLogisticMixture(
        normal(0, num_mixtures),
        normal(1, num_mixtures, 3),
        normal(2, num_mixtures, 3) - 1,
        tf.tanh(normal(3, num_mixtures, 3)),
        num_levels=NUM_LEVELS,
    )


def test_coupled_masses_of_all_colors_sum_to_one():
    total = tf.reduce_sum(tf.exp(random_mixture().log_prob(COLORS)))
    np.testing.assert_allclose(total, 1.0, atol=1e-12)


def test_coupling_changes_the_mass():
    mixture = random_mixture()
    parameters = {**mixture.parameters, "coefficients": None}
    parameters.pop("name", None)
    uncoupled = DiscretizedLogisticMixture(**parameters)
    difference = mixture.log_prob(COLORS) - uncoupled.log_prob(COLORS)
    assert np.max(np.abs(difference)) > 0.1


def test_coefficients_enter_in_the_order_of_the_channels():
    # One component so sharp that the coupled locations decide the color.
    loc = tf.constant([[-1.0, 0.0, 0.0]], tf.float64)
    coefficients = tf.constant([[1.0, 0.5, -0.5]], tf.float64)
    mixture = DiscretizedLogisticMixture(
        tf.constant([0.0], tf.float64),
        loc,
        tf.fill([1, 3], tf.constant(-7.0, tf.float64)),
        coefficients,
        num_levels=5,
    )
    # red = -1; green = 0 + 1 * red; blue = 0 + .5 * red - .5 * green.
    np.testing.assert_array_equal(mixture.sample(seed=[0, 1]), [-1.0, -1.0, 0.0])


def test_samples_of_all_colors_follow_the_masses():
    mixture = random_mixture(tf.float32, scale=0.7)
    num_samples = 200_000
    samples = mixture.sample(num_samples, seed=[3, 4])
    levels = np.rint((samples.numpy() + 1) * (NUM_LEVELS - 1) / 2).astype(int)
    codes = levels @ [16, 4, 1]
    counts = np.bincount(codes, minlength=64)
    expected = num_samples * np.exp(mixture.log_prob(tf.cast(COLORS, tf.float32)))
    common = expected > 5
    chi_square = np.sum((counts - expected)[common] ** 2 / expected[common])
    # 99.9 % quantile of chi-square with 63 degrees of freedom is 103.4.
    assert np.sum(common) > 30
    assert chi_square < 103.4


def test_a_sample_has_the_same_mass_alone_and_in_a_batch():
    mixture = random_mixture()
    samples = mixture.sample(5, seed=[1, 2])
    together = mixture.log_prob(samples)
    alone = [mixture.log_prob(sample) for sample in samples]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
