"""Channels in sequence: the factors, and shapes of samples."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.distributions import ChannelAutoregressive

tfd = tfp.distributions


def make(coefficients):
    loc = tf.constant([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    return ChannelAutoregressive(
        lambda loc, log_scale: tfd.Normal(loc, tf.exp(log_scale)),
        loc,
        tf.zeros_like(loc),
        coefficients,
    )


def test_log_prob_is_the_sum_over_channels_given_those_before():
    coefficients = tf.constant([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    x = tf.constant([[1.0, 2.0, 3.0], [-1.0, 0.0, 1.0]])
    expected = (
        tfd.Normal([0.0, 3.0], 1.0).log_prob(x[:, 0])
        + tfd.Normal([1 + 0.1 * 1, 4 + 0.4 * -1], 1.0).log_prob(x[:, 1])
        + tfd.Normal([2 + 0.2 * 1 + 0.3 * 2, 5 + 0.5 * -1 + 0], 1.0).log_prob(x[:, 2])
    )
    np.testing.assert_allclose(make(coefficients).log_prob(x), expected, rtol=1e-6)


@pytest.mark.parametrize("coefficients", [None, tf.zeros([2, 3])])
@pytest.mark.parametrize("sample_shape", [(), (4,), (4, 5)])
def test_samples_have_the_asked_shape(coefficients, sample_shape):
    samples = make(coefficients).sample(sample_shape, seed=[0, 1])
    assert samples.shape == (*sample_shape, 2, 3)


def test_draws_of_one_call_are_independent():
    samples = make(tf.zeros([2, 3])).sample(20_000, seed=[0, 1]).numpy()
    correlation = np.corrcoef(samples.reshape(20_000, 6).T)
    np.testing.assert_allclose(correlation, np.eye(6), atol=0.04)
