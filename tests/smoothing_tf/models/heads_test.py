"""Heads: which one fits the data, and the layout of their parameters."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from smoothing_tf.distributions import DiscretizedLogisticMixture, LogisticMixture
from smoothing_tf.models.heads import make_head
from smoothing_tf.numerics import levels_to_unit


@pytest.mark.parametrize("num_channels, num_params", [(1, 12), (3, 40)])
def test_parameters_per_position(num_channels, num_params):
    assert make_head(None, num_channels, 4, None).num_params == num_params


def test_data_with_levels_get_a_discrete_head_and_others_a_continuous_one():
    for num_levels, expected in (
        (None, LogisticMixture),
        (5, DiscretizedLogisticMixture),
    ):
        head = make_head(None, 1, 2, num_levels)
        assert isinstance(head.distribution(tf.zeros([3, 6])), expected)


def test_a_density_is_refused_where_a_probability_is_meant():
    with pytest.raises(ValueError, match="must be discretized_logistic_mixture for"):
        make_head("logistic_mixture", 1, 2, 17)
    with pytest.raises(ValueError, match="must be logistic_mixture for continuous"):
        make_head("discretized_logistic_mixture", 1, 2, None)


def test_a_categorical_head_is_of_levels_and_of_one_channel():
    assert make_head("categorical", 1, 2, 17).num_params == 17
    with pytest.raises(ValueError, match="must be logistic_mixture for continuous"):
        make_head("categorical", 1, 2, None)
    with pytest.raises(ValueError, match="draws the 3 channels of a pixel together"):
        make_head("categorical", 3, 2, 17)


def test_a_categorical_head_draws_from_its_probabilities():
    head = make_head("categorical", 1, 2, 4)
    params = tf.math.log([[0.1, 0.4, 0.0, 0.5]])
    noise = head.noise([20_000], tf.constant([1, 2]))
    drawn = head.draw(tf.repeat(params, 20_000, axis=0), noise)
    assert drawn.shape == (20_000, 1)
    frequency = [np.mean(np.isclose(drawn, x)) for x in (-1, -1 / 3, 1 / 3, 1)]
    np.testing.assert_allclose(frequency, [0.1, 0.4, 0.0, 0.5], atol=0.015)
    log_prob = head.distribution(params).log_prob([[-1 / 3]])
    np.testing.assert_allclose(log_prob, [np.log(0.4)], rtol=1e-6)


def test_a_categorical_head_never_draws_a_level_without_mass():
    head = make_head("categorical", 1, 2, 256)
    no_mass = -1e4
    logits = np.full((3, 256), no_mass, np.float32)
    logits[:, 1:-1] = np.random.default_rng(1).normal(size=(3, 254))
    largest = np.nextafter(np.float32(1), np.float32(0))
    noise = tf.constant([[0.0], [0.5], [largest]])
    drawn = head.draw(tf.constant(logits), noise)
    assert np.all(np.abs(drawn) < 1)


def test_a_spread_bias_places_the_components_evenly():
    head = make_head(None, 3, 4, None)
    parts = head.split(tf.constant(head.spread_bias(-1.0, 1.0)))
    for channel in range(3):
        np.testing.assert_allclose(
            parts["loc"][:, channel], [-0.75, -0.25, 0.25, 0.75], atol=1e-6
        )
    np.testing.assert_allclose(parts["coefficients"], np.zeros((4, 3)))


def test_a_discrete_log_scale_has_floor_and_ceiling():
    head = make_head(None, 1, 1, 5)
    for raw, expected in ((-50.0, -7.0), (50.0, 5.0)):
        distribution = head.distribution(tf.constant([0.0, 0.0, raw]))
        exact = DiscretizedLogisticMixture(
            [0.0], [[0.0]], tf.fill([1, 1], expected), num_levels=5
        )
        x = tf.constant([0.5])
        np.testing.assert_allclose(distribution.log_prob(x), exact.log_prob(x))


def test_three_channels_are_drawn_from_the_scored_distribution():
    # Sub-pixels that each see the channels before them.
    num_levels, num_draws = 4, 100_000
    head = make_head(None, 3, 2, num_levels)
    rng = np.random.default_rng(3)
    params = tf.constant(rng.normal(size=[1, head.num_params]))
    events = levels_to_unit(np.indices([num_levels] * 3).reshape(3, -1).T, num_levels)
    events = tf.cast(events, tf.float64)
    masses = np.exp(head.distribution(params).log_prob(events))
    np.testing.assert_allclose(masses.sum(), 1.0, rtol=1e-6)
    noise = head.noise([num_draws], tf.constant([1, 2]), tf.float64)
    drawn = head.draw(tf.repeat(params, num_draws, axis=0), noise)
    levels = np.rint((drawn.numpy() + 1) * (num_levels - 1) / 2).astype(int)
    counts = np.bincount(levels @ [16, 4, 1], minlength=64)
    # Draws alone are off by about 0.008.
    assert 0.5 * np.abs(counts / num_draws - masses).sum() < 0.015
    assert np.sum(masses > 0.01) > 10


def test_three_continuous_channels_are_drawn_from_the_scored_distribution():
    num_draws = 100_000
    head = make_head(None, 3, 1, None)
    params = tf.constant(np.random.default_rng(3).normal(size=[1, head.num_params]))
    noise = head.noise([num_draws], tf.constant([1, 2]), tf.float64)
    drawn = head.draw(tf.repeat(params, num_draws, axis=0), noise)
    distribution = head.distribution(params)
    # E_p[q / p] = 1 of any density q: here a Gaussian about the draws.
    mean, spread = drawn.numpy().mean(axis=0), 0.4 * np.cov(drawn.numpy().T)
    q = scipy.stats.multivariate_normal(mean, spread).pdf(drawn)
    ratios = q / np.exp(distribution.log_prob(drawn))
    error = ratios.std() / np.sqrt(num_draws)
    assert error < 0.02
    np.testing.assert_allclose(ratios.mean(), 1.0, atol=4 * error)


def test_both_tails_of_the_noise_are_as_long(monkeypatch):
    # The least and the largest number of the generator.
    ends = tf.constant([[0.0], [1.0 - 2.0**-23]])
    monkeypatch.setattr(
        tf.random,
        "stateless_uniform",
        lambda shape, seed, dtype: tf.broadcast_to(ends, shape),
    )
    noise = make_head(None, 1, 2, None).noise([2], tf.constant([1, 2]))
    assert np.all(np.isfinite(noise))
    np.testing.assert_allclose(noise[0, 2], -noise[1, 2])
