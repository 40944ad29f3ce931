"""Properties of every toy density, and the shape of each one."""

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from smoothing_tf.data.densities import (
    DENSITIES,
    BlurredCircles,
    Ring,
    Spikes,
    posterior_mean,
)

NUM_SAMPLES = 100_000


def samples_of(name: str) -> np.ndarray:
    draw = tf.function(
        lambda: DENSITIES[name]().sample(NUM_SAMPLES, seed=tf.constant([1, 2])),
        jit_compile=True,
    )
    return draw().numpy()


@pytest.mark.parametrize("name", DENSITIES)
def test_entropy_is_the_mean_of_minus_log_prob(name):
    density = DENSITIES[name](tf.float64)
    nats = -density.log_prob(samples_of(name).astype(np.float64)).numpy()
    error = nats.std() / np.sqrt(NUM_SAMPLES)
    # The standard error is 0 where the density is constant.
    assert abs(nats.mean() - float(density.entropy())) < 4 * error + 1e-9


@pytest.mark.parametrize(
    ("name", "entropy"),
    [
        ("rings", 2.6232),
        ("olympics", 0.450),
        ("checkerboard", np.log(32.0)),
        ("ring", -1.3484),
    ],
)
def test_entropies_are_the_known_floors(name, entropy):
    assert float(DENSITIES[name]().entropy()) == pytest.approx(entropy, abs=6e-4)


@pytest.mark.parametrize("name", DENSITIES)
def test_a_seed_names_its_samples(name):
    first, again, other = (
        DENSITIES[name]().sample(5, seed=tf.constant([1, s])) for s in (2, 2, 3)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
    assert first.dtype == tf.float32


@pytest.mark.parametrize("name", ["rings", "checkerboard"])
def test_samples_fill_cells_by_their_probability(name):
    density = DENSITIES[name](tf.float64)
    edges = np.linspace(-4.0, 4.0, 17)
    counts, _, _ = np.histogram2d(*samples_of(name).T, bins=[edges, edges])
    fine = np.linspace(-4.0, 4.0, 16 * 40, endpoint=False) + 4.0 / (16 * 40)
    points = np.stack(np.meshgrid(fine, fine, indexing="ij"), axis=-1)
    mass = density.prob(points).numpy().reshape(16, 40, 16, 40).sum(axis=(1, 3))
    mass *= (8.0 / (16 * 40)) ** 2
    assert mass.sum() == pytest.approx(1.0, abs=1e-3)
    expected = NUM_SAMPLES * mass
    common = expected > 5
    assert counts[~common].sum() <= expected[~common].sum() + 30
    statistic = np.sum((counts - expected)[common] ** 2 / expected[common])
    assert statistic < common.sum() + 5 * np.sqrt(2 * common.sum())


def test_a_blurred_circle_is_the_integral_over_its_angle():
    density = BlurredCircles([[0.3, -0.2]], [1.5], 0.1, tf.float64)
    x = np.array([[1.7, 0.1], [0.3, 1.25], [0.4, -0.1]])
    angle = np.linspace(0.0, 2.0 * np.pi, 20_000, endpoint=False)
    circle = [0.3, -0.2] + 1.5 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    squared = np.sum((x[:, None] - circle) ** 2, axis=-1)
    log_terms = -squared / 0.02 - np.log(2.0 * np.pi * 0.01)
    expected = scipy.special.logsumexp(log_terms, axis=1) - np.log(len(angle))
    np.testing.assert_allclose(density.log_prob(x), expected, rtol=1e-10)


def test_the_thin_ring_has_a_gaussian_radius():
    radius = np.linalg.norm(samples_of("ring"), axis=-1)
    error = 0.01 / np.sqrt(NUM_SAMPLES)
    assert abs(radius.mean() - 1.0) < 4 * error
    assert radius.std() == pytest.approx(0.01, rel=0.02)
    step = 2e-3
    axis = np.arange(-1.2, 1.2, step)
    points = np.stack(np.meshgrid(axis, axis), axis=-1)
    mass = DENSITIES["ring"](tf.float64).prob(points).numpy().sum() * step**2
    assert mass == pytest.approx(1.0, abs=1e-5)


def test_off_the_board_is_impossible():
    density = DENSITIES["checkerboard"]()
    light, dark, outside = [0.5, -1.5], [0.5, 1.5], [4.5, 1.0]
    np.testing.assert_allclose(
        density.prob([light, dark, outside]), [0.0, 1 / 32, 0.0], rtol=1e-6
    )


@pytest.mark.parametrize("name", ["rings", "spikes"])
def test_the_smoothed_density_is_that_of_noised_samples(name):
    x = samples_of(name).astype(np.float64)
    x_smoothed = x + 0.3 * np.random.default_rng(0).standard_normal(x.shape)
    smoothed = DENSITIES[name](tf.float64).smoothed(0.3)
    nats = -smoothed.log_prob(x_smoothed).numpy()
    error = nats.std() / np.sqrt(NUM_SAMPLES)
    assert abs(nats.mean() - float(smoothed.entropy())) < 4 * error


def test_the_posterior_mean_is_the_weighted_mean_of_possible_x():
    density = DENSITIES["spikes"](tf.float64)
    x_smoothed = np.array([[0.05], [-0.4]])
    x = np.linspace(-1.2, 1.2, 200_001)[:, None]
    weights = (
        density.prob(x).numpy() * np.exp(-0.5 * ((x_smoothed.T - x) / 0.15) ** 2).T
    )
    expected = (weights @ x) / weights.sum(axis=1, keepdims=True)
    actual = posterior_mean(density, 0.15, x_smoothed)
    np.testing.assert_allclose(actual, expected, atol=1e-8)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BlurredCircles([[0.0, 0.0]], [1.0, 2.0], 0.1), "for the radii"),
        (lambda: BlurredCircles([[0.0, 0.0]], [-1.0], 0.1), "`radii` must be above 0"),
        (lambda: BlurredCircles([[0.0, 0.0]], [1.0], 0.0), "`noise_scale` must be"),
        (lambda: Ring(-0.1), "`scale` must be above 0; got -0.1"),
        (lambda: Spikes([], 0.1, 0.1), "`weights` must be numbers above 0"),
        (lambda: Spikes([1.0, 0.0], 0.1, 0.1), "`weights` must be numbers above 0"),
        (lambda: Spikes([1.0, 1.0], 0.0, 0.1), "`spacing` must be above 0"),
        (lambda: Spikes([1.0, 1.0], 0.1, -1.0), "`scale` must be above 0"),
    ],
)
def test_what_is_no_density_is_rejected(make, message):
    with pytest.raises(ValueError, match=message):
        make()
