"""The two-stage model: its bound against quadrature, denoising against Tweedie."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy.integrate import simpson

from smoothing_tf.models import (
    MADE,
    Condition,
    DensityModel,
    MADEConfig,
    RealNVP,
    RealNVPConfig,
    TwoStageModel,
    importance_weighted_bound,
    single_step_denoise,
)
from smoothing_tf.smoothing import SMOOTHINGS, Gaussian, Smoothing, Uniform
from tests.testing.density_model_contract import randomize

tfd = tfp.distributions


class Analytic(DensityModel):
    """A model whose distribution is given in closed form."""

    def __init__(self, event_shape, make_distribution, takes_x_smoothed):
        super().__init__(event_shape, takes_x_smoothed)
        self.make_distribution = make_distribution

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        condition = self.check_arguments(x, condition)
        return self.make_distribution(condition.x_smoothed, x.dtype).log_prob(x)

    def sample(self, num_samples, condition=None, *, seed):
        condition = self.check_arguments(None, condition)
        distribution = self.make_distribution(condition.x_smoothed, tf.float32)
        return distribution.sample(num_samples, seed=[seed, 0])


def independent_normal(mean, std):
    return tfd.Independent(tfd.Normal(mean, std), 1)


def gaussian_truth(noise_scale: float) -> TwoStageModel:
    """Data N(0.5, 1) in two dimensions, with the exact p(x~) and p(x | x~)."""
    variance = 1 + noise_scale**2

    def smoothed(_, dtype):
        return independent_normal(
            tf.fill([2], tf.constant(0.5, dtype)), tf.constant(variance**0.5, dtype)
        )

    def reverse(x_smoothed, dtype):
        mean = 0.5 + (tf.cast(x_smoothed, dtype) - 0.5) / variance
        return independent_normal(mean, tf.constant(noise_scale / variance**0.5, dtype))

    return TwoStageModel(
        Gaussian(noise_scale),
        Analytic((2,), smoothed, False),
        Analytic((2,), reverse, True),
    )


def random_made_pair(event_shape, num_levels, smoothing=None) -> TwoStageModel:
    config = MADEConfig(hidden_units=(32,), num_mixtures=2)
    return TwoStageModel(
        smoothing or Gaussian(0.5),
        randomize(MADE(config, event_shape), scale=0.05),
        randomize(MADE(config, event_shape, num_levels, True), scale=0.05),
    )


@pytest.mark.parametrize("noise_scale", [0.1, 1.0])
def test_the_bound_of_a_perfect_model_is_the_log_density_at_every_draw(noise_scale):
    model = gaussian_truth(noise_scale)
    x = tf.random.stateless_normal((50, 2), [1, 2], dtype=tf.float64)
    x_smoothed = model.smoothing.distribution(x).sample(seed=[3, 4])
    expected = independent_normal(
        tf.fill([2], tf.constant(0.5, tf.float64)), tf.constant(1.0, tf.float64)
    ).log_prob(x)
    np.testing.assert_allclose(
        model.bound_terms(x, x_smoothed).log_weight(), expected, rtol=1e-10, atol=1e-10
    )


@pytest.mark.parametrize("noise_scale", [0.1, 1.0])
def test_single_step_denoising_of_a_perfect_model_is_the_posterior_mean(noise_scale):
    model = gaussian_truth(noise_scale)
    x_smoothed = tf.random.stateless_normal((50, 2), [1, 2], dtype=tf.float64)
    expected = 0.5 + (x_smoothed - 0.5) / (1 + noise_scale**2)
    np.testing.assert_allclose(
        model.single_step_denoise(x_smoothed), expected, rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("smoothing", SMOOTHINGS.values())
@pytest.mark.parametrize("num_levels", [8, None])
def test_in_one_dimension_the_bounds_agree_with_quadrature(smoothing, num_levels):
    num_draws = 20_000
    # Noise wide enough to reach all of p(x~), or few draws would decide the sum.
    model = random_made_pair((1,), num_levels, smoothing(2.0))
    x = tf.linspace(tf.constant(-1.0, tf.float64), 1.0, num_levels or 5)[:, None]
    line = np.linspace(-40.0, 40.0, 40_001)
    for value in (x[0], x[3], x[-1]):

        def log_weight_at(x_smoothed, value=value):
            repeated = tf.repeat(value[None], len(x_smoothed), axis=0)
            terms = model.bound_terms(repeated, x_smoothed)
            return terms, terms.log_weight().numpy()

        terms, _ = log_weight_at(tf.constant(line[:, None]))
        joint = np.exp(terms.log_smoothed + terms.log_reverse)
        log_p = np.log(simpson(joint, x=line))
        # The noise: x is a node, for the Laplace's peak; so are the uniform's edges.
        reach = 2.0 * np.sqrt(3.0) if smoothing is Uniform else 40.0
        around = float(value[0]) + np.linspace(-reach, reach, 40_001)
        terms, log_weight = log_weight_at(tf.constant(around[:, None]))
        noise = np.exp(terms.log_noise)
        np.testing.assert_allclose(simpson(noise, x=around), 1.0, rtol=1e-5)
        bound = simpson(noise * log_weight, x=around)
        # The limit of the importance-weighted bound: p(x~) p(x|x~) where q is positive.
        limit = np.log(simpson(noise * np.exp(log_weight), x=around))

        draws = tf.repeat(value[None], num_draws, axis=0)
        x_smoothed = model.smoothing.distribution(draws).sample(seed=[5, 6])
        _, log_weights = log_weight_at(x_smoothed)
        standard_error = np.std(log_weights) / np.sqrt(num_draws)
        # The network computes in single precision.
        assert bound < limit < log_p + 1e-6
        if smoothing is Uniform:
            assert limit < log_p - 1e-5
        else:
            assert limit == pytest.approx(log_p, abs=1e-6)
        assert abs(np.mean(log_weights) - bound) < 4 * standard_error
        # Groups of draws are unions of the smaller ones.
        by_k = [
            np.mean(importance_weighted_bound(log_weights.reshape(k, -1)))
            for k in (1, 10, 100, num_draws)
        ]
        np.testing.assert_allclose(by_k[0], np.mean(log_weights), rtol=1e-12)
        assert np.all(np.diff(by_k) > 0)
        relative_error = np.std(np.exp(log_weights - limit)) / np.sqrt(num_draws)
        assert abs(by_k[-1] - limit) < 4 * relative_error


def test_beyond_bounded_noise_weights_are_infinite_and_never_nan():
    model = random_made_pair((2,), None, Uniform(0.5))
    x = tf.zeros([2, 2], tf.float64)
    x_smoothed = tf.constant([[0.1, -0.2], [0.1, 2.0]], tf.float64)
    terms = model.bound_terms(x, x_smoothed)
    assert np.all(np.isfinite(terms.log_weight()[0]))
    # q is 0 there, so that no draw ever is: the weight is that of a division by 0.
    assert terms.log_noise[1] == -np.inf
    assert not np.any(np.isnan(terms.log_weight()))


def test_importance_weighting_does_not_overflow():
    log_weights = tf.constant([[-2000.0, 900.0], [-2001.0, 800.0]], tf.float64)
    expected = [-2000 + np.log1p(np.exp(-1)) - np.log(2), 900 - np.log(2)]
    np.testing.assert_allclose(importance_weighted_bound(log_weights), expected)


def test_the_three_terms_use_the_same_draw():
    model = random_made_pair((3,), None)
    x = tf.random.stateless_normal((4, 3), [1, 1], dtype=tf.float64)
    x_smoothed = x + 0.1
    terms = model.bound_terms(x, x_smoothed)
    np.testing.assert_array_equal(
        terms.log_smoothed, model.smoothed.log_prob(x_smoothed)
    )
    np.testing.assert_array_equal(
        terms.log_reverse, model.reverse.log_prob(x, Condition(x_smoothed))
    )
    np.testing.assert_allclose(
        terms.log_noise, 3 * tfd.Normal(0.0, 0.5).log_prob(0.1), rtol=1e-6
    )


def test_a_two_step_sample_is_a_draw_from_the_reverse_stage_at_its_smoothed_one():
    model = random_made_pair((2, 2, 1), 4)
    x_smoothed, x = model.sample(500, seed=3)
    assert x_smoothed.shape == x.shape == (500, 2, 2, 1)
    assert np.std(x_smoothed) > 0.1
    levels = (x + 1) * 1.5
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-5)
    again_smoothed, again = model.sample(500, seed=3)
    np.testing.assert_array_equal(x, again)
    np.testing.assert_array_equal(x_smoothed, again_smoothed)


def test_single_step_denoising_follows_the_gradient_through_the_network():
    model = random_made_pair((3,), None)
    x = tf.random.stateless_normal((1, 3), [1, 1], dtype=tf.float64)
    step = 1e-3

    def moved(index, by):
        return model.smoothed.log_prob(x + by * tf.one_hot([index], 3, dtype=x.dtype))

    score = [(moved(i, step) - moved(i, -step))[0] / (2 * step) for i in range(3)]
    np.testing.assert_allclose(
        (model.single_step_denoise(x) - x)[0], 0.25 * np.array(score), rtol=2e-2
    )


class Shifted(Smoothing):
    """A kernel without a single-step rule."""

    def coordinate_distribution(self, x):
        return tfd.Logistic(x, tf.constant(self.noise_scale, x.dtype))


def test_single_step_denoising_is_refused_for_another_kernel():
    pair = random_made_pair((3,), None)
    model = TwoStageModel(Shifted(0.5), pair.smoothed, pair.reverse)
    assert not model.has_single_step
    with pytest.raises(ValueError, match="needs gaussian `smoothing`; got shifted"):
        model.single_step_denoise(tf.zeros([1, 3]))


def test_stages_that_do_not_fit_are_rejected():
    pair = random_made_pair((3,), None)
    with pytest.raises(ValueError, match="`reverse` must be conditional on x~"):
        TwoStageModel(pair.smoothing, pair.smoothed, pair.smoothed)
    other = random_made_pair((2,), None)
    with pytest.raises(ValueError, match="event shape of `smoothed`"):
        TwoStageModel(pair.smoothing, pair.smoothed, other.reverse)


def test_the_truncated_gradient_ignores_the_effect_of_a_dimension_on_later_ones():
    config = MADEConfig(hidden_units=(16, 16), num_mixtures=3)
    made = randomize(MADE(config, (2,)), scale=0.3)
    x = tf.random.stateless_normal([20, 2], [1, 2], dtype=tf.float64)
    smoothing = Gaussian(0.5)
    exact, truncated = (
        single_step_denoise(smoothing, made, x, gradient=gradient).numpy()
        for gradient in ("exact", "truncated")
    )
    # Nothing comes after the last dimension.
    np.testing.assert_allclose(truncated[:, 1], exact[:, 1], rtol=1e-6)
    # For the first, the slope of log p(x_1) remains, here by differences.
    step = 1e-5
    offset = tf.constant([[step, 0.0]], tf.float64)

    def log_first(x):
        params = tf.cast(made(x), tf.float64)[:, :1]
        return made.head.distribution(params).log_prob(x[:, :1, None])[:, 0]

    slope = (log_first(x + offset) - log_first(x - offset)) / (2 * step)
    expected = x[:, 0] + 0.25 * slope
    np.testing.assert_allclose(truncated[:, 0], expected, atol=1e-6)
    assert np.all(np.abs(exact[:, 0] - truncated[:, 0]) > 1e-6)


def test_a_gradient_that_is_not_there_is_rejected():
    x = tf.zeros([1, 2])
    config = RealNVPConfig(num_couplings=2, hidden_units=(4,))
    with pytest.raises(ValueError, match="`gradient` must be 'exact' for a model that"):
        single_step_denoise(Gaussian(0.5), RealNVP(config, (2,)), x, "truncated")
    with pytest.raises(ValueError, match="must be one of exact, truncated; got 'some'"):
        single_step_denoise(Gaussian(0.5), RealNVP(config, (2,)), x, "some")
