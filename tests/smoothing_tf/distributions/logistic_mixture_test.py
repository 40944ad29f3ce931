"""The continuous mixture: integrates to one, couples channels, matches TFP."""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.distributions import LogisticMixture

tfd = tfp.distributions


def normal(index, *shape):
    return tf.random.stateless_normal(shape, [5, index], dtype=tf.float64)


def test_one_channel_is_tfps_mixture_of_logistics():
    logits, loc, log_scale = normal(0, 4), normal(1, 4, 1), normal(2, 4, 1)
    x = tf.linspace(tf.constant(-9.0, tf.float64), 9.0, 101)[:, None]
    reference = tfd.MixtureSameFamily(
        tfd.Categorical(logits), tfd.Logistic(loc[:, 0], tf.exp(log_scale[:, 0]))
    )
    np.testing.assert_allclose(
        LogisticMixture(logits, loc, log_scale).log_prob(x),
        reference.log_prob(x[:, 0]),
        rtol=1e-12,
    )


def test_coupled_density_integrates_to_one():
    mixture = LogisticMixture(
        normal(0, 2),
        0.5 * normal(1, 2, 3),
        normal(2, 2, 3) * 0.2 - 1.0,
        normal(3, 2, 3),
    )
    grid = np.linspace(-8, 8, 161)
    cell = (grid[1] - grid[0]) ** 3
    total = 0.0
    for red in grid:
        plane = np.stack(np.meshgrid([red], grid, grid, indexing="ij"), -1)
        total += cell * np.sum(np.exp(mixture.log_prob(plane)))
    # The trapezoid rule on a smooth density; the coupled tails reach past the grid.
    np.testing.assert_allclose(total, 1.0, atol=2e-4)


def test_samples_have_the_coupled_mean():
    loc = tf.constant([[1.0, -1.0, 0.5]])
    coefficients = tf.constant([[0.5, -0.25, 2.0]])
    mixture = LogisticMixture(
        tf.constant([0.0]), loc, tf.fill([1, 3], -3.0), coefficients
    )
    red, green = 1.0, -1.0 + 0.5 * 1.0
    expected = [red, green, 0.5 - 0.25 * red + 2.0 * green]
    mean = tf.reduce_mean(mixture.sample(20_000, seed=[1, 1]), axis=0)
    np.testing.assert_allclose(mean, expected, atol=5e-3)


def test_copy_and_slice_keep_the_parameters():
    mixture = LogisticMixture(normal(0, 3, 2), normal(1, 3, 2, 1), normal(2, 3, 2, 1))
    x = tf.constant([[0.3]], tf.float64)
    np.testing.assert_allclose(mixture[1].log_prob(x), mixture.log_prob(x)[1:2])
    np.testing.assert_allclose(mixture.copy().log_prob(x), mixture.log_prob(x))
