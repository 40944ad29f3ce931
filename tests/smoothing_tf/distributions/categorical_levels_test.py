"""Levels with a probability each: agreement with TFP, normalization, samples."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.distributions import CategoricalLevels
from smoothing_tf.numerics import levels_to_unit


def logits(*shape, dtype=tf.float64):
    return tf.random.stateless_normal(shape, [1, 2], dtype=dtype)


@pytest.mark.parametrize("dtype, tolerance", [(tf.float64, 1e-12), (tf.float32, 1e-5)])
@pytest.mark.parametrize("num_levels", [2, 256])
def test_masses_sum_to_one(dtype, tolerance, num_levels):
    distribution = CategoricalLevels(logits(3, num_levels, dtype=dtype))
    levels = levels_to_unit(np.arange(num_levels), num_levels, dtype)
    mass = tf.exp(distribution.log_prob(levels[:, None]))
    assert mass.dtype == dtype
    np.testing.assert_allclose(tf.reduce_sum(mass, axis=0), 1.0, atol=tolerance)


def test_agrees_with_tfp_and_has_its_gradient():
    level = tf.constant([[0, 4, 2], [3, 3, 1]])
    x = levels_to_unit(level, 5, tf.float64)
    ours, theirs = logits(2, 3, 5), logits(2, 3, 5)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([ours, theirs])
        log_prob = CategoricalLevels(ours).log_prob(x)
        expected = tfp.distributions.Categorical(logits=theirs).log_prob(level)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-12)
    np.testing.assert_allclose(
        tape.gradient(log_prob, ours), tape.gradient(expected, theirs), rtol=1e-12
    )


def test_values_between_belong_to_the_nearest_level_and_none_lie_outside():
    distribution = CategoricalLevels(logits(5))
    exact = distribution.log_prob(tf.constant([-1.0, -0.5, 1.0], tf.float64))
    near = distribution.log_prob(tf.constant([-1.2, -0.6, 0.9], tf.float64))
    np.testing.assert_array_equal(near, exact)
    outside = distribution.log_prob(tf.constant([-1.5, 1.5], tf.float64))
    np.testing.assert_array_equal(outside, [-np.inf, -np.inf])


def test_samples_follow_the_masses():
    distribution = CategoricalLevels(logits(5, dtype=tf.float32))
    samples = distribution.sample(50_000, seed=[1, 2])
    levels = levels_to_unit(np.arange(5), 5)
    frequency = np.mean(samples.numpy()[:, None] == levels.numpy(), axis=0)
    np.testing.assert_allclose(
        frequency, np.exp(distribution.log_prob(levels)), atol=0.01
    )


def test_a_single_level_is_rejected():
    with pytest.raises(ValueError, match="`logits` must have at least 2 entries"):
        CategoricalLevels(tf.zeros([3, 1]))
