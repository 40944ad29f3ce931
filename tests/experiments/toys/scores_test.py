"""Scores of vectors against direct computations and known limits."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.toys import scores
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.models import DensityModel, TwoStageModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.smoothing import SMOOTHINGS, Gaussian
from tests.testing.eagerly import eagerly
from tests.testing.tiny_models import make_tiny_model

NOISE_SCALE = 0.25


def two_stage(kernel: str = "gaussian") -> TwoStageModel:
    return TwoStageModel(
        SMOOTHINGS[kernel](0.5),
        make_tiny_model("smoothed", (2,)),
        make_tiny_model("reverse", (2,), scale=0.4),
    )


@pytest.fixture
def x():
    return tf.random.stateless_normal([50, 2], [1, 2], dtype=tf.float64).numpy()


def test_blocks_that_do_not_divide_the_points_change_nothing(x, monkeypatch):
    model = make_tiny_model("baseline", (2,))
    expected = model.log_prob(tf.constant(x))
    for rows in (7, 50, 1000):
        monkeypatch.setattr(scores, "_BLOCK_SIZE", rows)
        log_prob = scores.log_prob(model, x)
        assert log_prob.dtype == np.float64
        np.testing.assert_allclose(log_prob, expected, rtol=1e-6)


@pytest.mark.parametrize("kernel", SMOOTHINGS)
def test_the_bound_is_the_mean_log_weight_and_the_weighted_bound_is_tighter(kernel, x):
    model = two_stage(kernel)
    with eagerly():
        bound, weighted = scores.bounds(model, x, num_draws=400, seed=3)
        once, same = scores.bounds(model, x, num_draws=1, seed=3)
    assert np.all(np.isfinite(weighted))
    assert np.all(weighted > bound)
    repeated = tf.repeat(tf.constant(x[:1]), 100_000, axis=0)
    x_smoothed = model.smoothing.distribution(repeated).sample(seed=[5, 6])
    log_weights = model.bound_terms(repeated, x_smoothed).log_weight().numpy()
    error = log_weights.std() / np.sqrt(400)
    assert abs(bound[0] - log_weights.mean()) < 5 * error
    np.testing.assert_allclose(once, same, rtol=1e-12)


def test_every_point_has_its_own_draws_which_the_seed_determines(x):
    same_points = np.repeat(x[:1], 50, axis=0)
    first, again, other = (
        scores.bounds(two_stage(), same_points, num_draws=2, seed=seed)[0]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(first)) == 50
    assert np.all(first != other)


def test_the_marginal_is_normalized_and_exact():
    model = TwoStageModel(
        SMOOTHINGS["gaussian"](0.5),
        make_tiny_model("smoothed", (1,)),
        make_tiny_model("reverse", (1,), scale=0.4),
    )
    model.reverse.gain.assign(0.8)
    x = np.linspace(-12.0, 12.0, 601)[:, None]
    grid = np.linspace(-12.0, 12.0, 1500)[:, None]
    log_density = scores.marginal_log_prob(model, x, grid)
    assert np.trapezoid(np.exp(log_density), x[:, 0]) == pytest.approx(1.0, abs=1e-4)
    # Draws of x~ give the same value.
    x = np.array([-2.0, -0.5, 0.0, 0.7, 3.0])
    draws = tf.cast(model.smoothed.sample(20_000, seed=1), tf.float64)
    for point, expected in zip(x, scores.marginal_log_prob(model, x[:, None], grid)):
        density = np.exp(
            model.reverse.log_prob(tf.fill(draws.shape, point), Condition(draws))
        )
        error = density.std() / np.sqrt(len(density))
        assert abs(density.mean() - np.exp(expected)) < 5 * error


def test_the_mean_and_error_of_a_score_use_its_excess_over_the_data():
    data = DENSITIES["rings"](tf.float64)
    points = scores.draw_held_out(data, 2000)
    nll = -data.log_prob(points).numpy()
    exact = scores.mean_and_error("nll", nll + 0.25, "rings", points)
    assert exact["nll"] == pytest.approx(float(data.entropy()) + 0.25, abs=1e-9)
    assert exact["nll_se"] == pytest.approx(0.0, abs=1e-9)
    noise = np.random.default_rng(0).normal(0.3, 0.1, size=nll.shape)
    noisy = scores.mean_and_error("nll", nll + noise, "rings", points)
    assert noisy["nll_se"] == pytest.approx(0.1 / np.sqrt(2000), rel=0.1)
    assert noisy["nll"] - float(data.entropy()) == pytest.approx(
        0.3, abs=4 * noisy["nll_se"]
    )


class Exact(DensityModel):
    """The density of smoothed rings; its detached form has no gradient in x_1."""

    is_autoregressive = True  # Required by the truncated gradient.

    def __init__(self, takes_x_smoothed: bool):
        super().__init__((2,), takes_x_smoothed)
        self._density = DENSITIES["rings"](tf.float64).smoothed(NOISE_SCALE)

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        return self._density.log_prob(tf.cast(x, tf.float64))

    def log_prob_detached(self, x, condition=None):
        first, second = tf.split(x, 2, axis=-1)
        return self.log_prob(tf.concat([tf.stop_gradient(first), second], axis=-1))

    def sample(self, num_samples, condition=None, **_):
        raise NotImplementedError


def test_single_step_denoising_by_the_exact_density_is_the_posterior_mean():
    both = TwoStageModel(Gaussian(NOISE_SCALE), Exact(False), Exact(True))
    distances, arrays = scores.compare_single_step(
        both, DENSITIES["rings"](), num_points=500, seed=1
    )
    assert distances["exact"] < 1e-4
    assert 0.02 < distances["truncated"] < distances["x_smoothed"]
    assert arrays["arrow_exact"].shape == (500, 2)
