"""The discretized logistic: exactness, normalization, gradients."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.distributions import DiscretizedLogistic
from smoothing_tf.numerics import levels_to_unit

tfd, tfb = tfp.distributions, tfp.bijectors
HALF_RANGE = 127.5

# Locations in levels of 256 and log-scales on [-1, 1]: far outside to the center,
# the sharpest to the flattest component a head can give.
LOCS = [-64.0, -0.5, 0.0, 0.4, 100.0, 127.5, 254.7, 255.0, 320.0]
LOG_SCALES = [-7.0, -5.0, -3.0, 0.0, 3.0, 5.0]
GRID = np.array(list(itertools.product(LOCS, LOG_SCALES)))


def distribution(dtype, num_levels=256, grid=GRID):
    loc = tf.constant(grid[:, 0] / HALF_RANGE - 1.0, dtype)
    return DiscretizedLogistic(loc, tf.constant(grid[:, 1], dtype), num_levels)


def all_levels(dtype, num_levels=256):
    return levels_to_unit(np.arange(num_levels), num_levels, dtype)[:, None]


@pytest.mark.parametrize("dtype, tolerance", [(tf.float64, 1e-12), (tf.float32, 1e-5)])
@pytest.mark.parametrize("num_levels", [2, 17, 256])
def test_masses_sum_to_one(dtype, tolerance, num_levels):
    mass = tf.exp(
        distribution(dtype, num_levels).log_prob(all_levels(dtype, num_levels))
    )
    np.testing.assert_allclose(tf.reduce_sum(mass, axis=0), 1.0, atol=tolerance)


def test_agrees_with_tfp_in_float64():
    grid = GRID[np.isin(GRID[:, 1], [-5.0, -3.0, 0.0]) & (np.abs(GRID[:, 0]) < 256)]
    log_prob = distribution(tf.float64, grid=grid).log_prob(all_levels(tf.float64))
    reference = tfd.QuantizedDistribution(
        tfd.TransformedDistribution(
            tfd.Logistic(grid[:, 0], np.exp(grid[:, 1]) * HALF_RANGE),
            tfb.Shift(np.float64(-0.5)),
        ),
        low=0.0,
        high=255.0,
    ).log_prob(np.arange(256.0)[:, None])
    # TFP's own cancellation grows where the mass is small.
    plausible = reference > -30
    assert np.mean(plausible) > 0.3
    np.testing.assert_allclose(log_prob[plausible], reference[plausible], atol=2e-11)


def test_masses_accumulate_to_the_logistic_distribution_function():
    mass = tf.exp(distribution(tf.float64).log_prob(all_levels(tf.float64)))
    scale = np.exp(GRID[:, 1]) * HALF_RANGE
    upper_edges = np.arange(255)[:, None] + 0.5
    expected = tf.sigmoid((upper_edges - GRID[:, 0]) / scale)
    np.testing.assert_allclose(tf.cumsum(mass)[:-1], expected, atol=1e-12)


def test_float32_is_as_good_as_float32_can_be():
    grid = GRID[np.exp(GRID[:, 1]) * HALF_RANGE >= 4]
    single = distribution(tf.float32, grid=grid)
    double = DiscretizedLogistic(
        tf.cast(single.parameters["loc"], tf.float64),
        tf.cast(single.parameters["log_scale"], tf.float64),
        256,
    )
    error = np.abs(
        tf.cast(single.log_prob(all_levels(tf.float32)), tf.float64)
        - double.log_prob(all_levels(tf.float64))
    )
    # A location of -64 levels with a scale of 6 gives log masses of -50 nats, of
    # which float32 keeps seven digits.
    assert np.max(error) < 2.5e-5
    inside = (grid[:, 0] >= 0) & (grid[:, 0] <= 255) & (grid[:, 1] >= 0)
    assert np.max(error[:, inside]) < 6e-6


def test_mirrored_data_under_a_mirrored_distribution_has_the_same_mass():
    mirrored = GRID * [-1.0, 1.0] + [255.0, 0.0]
    np.testing.assert_allclose(
        distribution(tf.float64).log_prob(all_levels(tf.float64)),
        distribution(tf.float64, grid=mirrored).log_prob(-all_levels(tf.float64)),
        rtol=1e-9,
        atol=1e-9,
    )


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_gradients_are_finite_for_every_parameter_a_head_can_give(dtype):
    far = np.array(list(itertools.product([-1e4, -300.0, 0.0, 1e4], LOG_SCALES)))
    loc = tf.Variable(np.concatenate([far, GRID])[:, 0] / HALF_RANGE - 1.0, dtype=dtype)
    log_scale = tf.Variable(np.concatenate([far, GRID])[:, 1], dtype=dtype)
    with tf.GradientTape() as tape:
        log_prob = DiscretizedLogistic(loc, log_scale, 256).log_prob(all_levels(dtype))
        total = tf.reduce_sum(log_prob)
    assert np.all(np.isfinite(log_prob))
    for gradient in tape.gradient(total, [loc, log_scale]):
        assert np.all(np.isfinite(gradient))


def test_gradient_agrees_with_central_differences():
    log_scale = tf.constant(GRID[:, 1], tf.float64)
    loc = tf.constant(GRID[:, 0] / HALF_RANGE - 1.0, tf.float64)
    x = all_levels(tf.float64)[::15]

    def total(log_scale):
        log_prob = DiscretizedLogistic(loc, log_scale, 256).log_prob(x)
        return tf.reduce_sum(log_prob, axis=0)

    _, gradient = tfp.math.value_and_gradient(total, log_scale)
    step = 1e-6
    numeric = (total(log_scale + step) - total(log_scale - step)) / (2 * step)
    np.testing.assert_allclose(gradient, numeric, rtol=2e-6, atol=1e-6)


def test_scaled_levels_find_their_own_bin_whatever_the_rounding_of_the_scaling():
    sharp = DiscretizedLogistic(
        all_levels(tf.float32)[:, 0], tf.fill([256], -7.0), num_levels=256
    )
    for x in (
        np.arange(256, dtype=np.float32) / np.float32(127.5) - 1,
        2 * (np.arange(256, dtype=np.float32) / np.float32(255)) - 1,
    ):
        assert np.min(sharp.log_prob(x)) > np.log(0.9)


def test_values_beyond_the_levels_have_no_mass():
    one = DiscretizedLogistic(0.0, -1.0, num_levels=4)
    assert np.all(one.log_prob([-1.5, 1.5]).numpy() == -np.inf)


def test_samples_are_levels_and_follow_the_masses():
    one = DiscretizedLogistic(tf.constant([0.3, -2.0]), tf.constant([-1.0, 0.0]), 5)
    num_samples = 100_000
    samples = one.sample(num_samples, seed=[1, 2])
    levels = levels_to_unit(np.arange(5), 5)
    counts = tf.reduce_sum(
        tf.cast(samples[:, None] == levels[None, :, None], tf.float64), axis=0
    )
    assert np.sum(counts) == samples.numpy().size
    expected = num_samples * np.exp(one.log_prob(levels[:, None]))
    chi_square = np.sum((counts - expected) ** 2 / expected, axis=0)
    # 99.9 % quantile with 4 degrees of freedom; the seed is fixed.
    assert np.all(chi_square < 18.5)


def test_one_level_is_rejected():
    with pytest.raises(ValueError, match="`num_levels` must be at least 2; got 1"):
        DiscretizedLogistic(0.0, 0.0, num_levels=1)
