"""Particles converge also where q(x~ | x) draws nothing, and report how many count."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import MADE, MADEConfig, TwoStageModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.noise_proposal import NoiseProposal
from smoothing_tf.smoothing import Gaussian, Laplace, Uniform
from tests.testing.density_model_contract import randomize
from tests.testing.eagerly import eagerly
from tests.testing.two_pixels import (
    LATER_KNOWN,
    NUM_LEVELS,
    X,
    broad_pixels,
    draw,
    exact,
    frequencies,
    total_variation,
    trace,
    two_pixels,
)


def test_few_particles_are_enough_where_the_noise_seldom_draws():
    model = broad_pixels()
    truth = exact(model)[:, 1]
    # 1,000 draws are off by about 0.02; weights p / q alone left 0.14.
    assert total_variation(frequencies(draw(model, 1, 16)[1]), truth) < 0.06


@pytest.mark.parametrize("smoothing", [Gaussian(0.4), Laplace(0.4), Uniform(0.4)])
def test_weights_are_proper_and_bounded(smoothing):
    # One position of one channel and a flat p on [-8, 8], of which all is known.
    model = MADE(MADEConfig(hidden_units=(), num_mixtures=1), (1,), dtype="float64")
    num_particles, num_images = 50, 400
    x = tf.zeros([num_particles * num_images, 1], tf.float64)
    seeds = tf.stack([tf.range(num_images), tf.range(num_images)], axis=1)
    known = tf.ones_like(x, tf.bool)
    proposal = NoiseProposal(smoothing, model, x, known, seeds, num_particles)
    near = smoothing.coordinate_distribution(x).sample(seed=1)
    far = tf.random.stateless_uniform(x.shape, [1, 2], -8.0, 8.0, tf.float64)
    drawn = tf.where(proposal.is_noised, near, far)
    assert 0.48 < np.mean(proposal.is_noised) < 0.52
    log_prob = tf.fill(x.shape, -np.log(tf.constant(16.0, tf.float64)))
    log_noise = proposal.log_noise(x, drawn)
    log_preference = proposal.log_preference(log_noise)
    gain = proposal.log_gain(log_prob[:, 0], log_noise[:, 0], log_preference[:, 0])
    # Over the stages the preference cancels.
    weights = np.exp(gain - log_preference[:, 0])
    assert np.all(weights <= 2.0 + 1e-9)
    assert np.mean(weights) == pytest.approx(1.0, abs=0.02)
    # Under the weights, x~ is uniform on [-8, 8].
    assert np.mean(weights * drawn[:, 0] ** 2) == pytest.approx(64 / 3, rel=0.05)


def test_of_many_known_positions_few_are_drawn_from_the_model():
    model = MADE(MADEConfig(hidden_units=(), num_mixtures=1), (40,), dtype="float64")
    known = np.zeros((1000, 40), bool)
    known[:, :20] = True
    x = tf.zeros(known.shape, tf.float64)
    seeds, num_used = tf.constant([[1, 2], [3, 4]]), tf.constant([500, 1])
    proposal = NoiseProposal(Gaussian(0.4), model, x, known, seeds, 500, num_used)
    is_noised = proposal.is_noised.numpy().reshape(2, 500, 40)
    assert np.mean(is_noised[0]) == pytest.approx(1 - 1 / 40, abs=0.005)
    # A single particle draws from q alone.
    assert np.all(is_noised[1])


def test_effective_particles_are_few_where_known_values_are_surprising():
    model = two_pixels()
    images = np.reshape([[9.0, X[1]], [9.0, 4.0]], [2, 1, 2, 1])
    images = np.repeat(images, 100, axis=0)
    trace(16)
    found = model.inpaint_particles(images, LATER_KNOWN, seed=1, num_particles=16)
    usual, surprising = np.split(found.effective_particles.numpy(), 2)
    assert np.all((usual >= 1.0) & (usual <= 16.0))
    assert np.median(surprising) < 0.85 * np.median(usual)
    nothing = np.zeros((1, 2))
    free = model.inpaint_particles(images, nothing, seed=1, num_particles=16)
    np.testing.assert_allclose(free.effective_particles, 16.0)
    with eagerly():
        single = model.inpaint_particles(
            images[:2], LATER_KNOWN, seed=1, num_particles=1
        )
    np.testing.assert_array_equal(single.effective_particles, np.ones(2))


def random_pair(seed):
    config = MADEConfig(hidden_units=(8,), num_mixtures=2)
    make = functools.partial(MADE, config, (1, 2, 1), dtype="float64")
    reverse = make(NUM_LEVELS, takes_x_smoothed=True)
    return TwoStageModel(
        Gaussian(0.5), randomize(make(), 0.15, seed), randomize(reverse, 0.6, seed + 9)
    )


def trained_pair():
    """Trained on two pixels that are mostly alike, with Gaussian noise of 0.5."""
    model = random_pair(3)
    joint = np.array([[0.2, 0.08, 0.02], [0.05, 0.25, 0.05], [0.03, 0.07, 0.25]])
    rng = np.random.Generator(np.random.PCG64(0))
    levels = rng.choice(9, size=4096, p=joint.reshape(-1))
    x = tf.constant(X[np.stack(np.divmod(levels, 3), axis=1)].reshape(-1, 1, 2, 1))

    @tf.function(autograph=False)
    def step(seed):
        x_smoothed = x + 0.5 * tf.random.stateless_normal(x.shape, seed, dtype=x.dtype)
        variables = [
            *model.smoothed.trainable_variables,
            *model.reverse.trainable_variables,
        ]
        with tf.GradientTape() as tape:
            log_prob = model.smoothed.log_prob(x_smoothed)
            log_prob += model.reverse.log_prob(x, Condition(x_smoothed))
            loss = -tf.reduce_mean(log_prob)
        for variable, gradient in zip(variables, tape.gradient(loss, variables)):
            variable.assign_sub(0.05 * gradient)

    for number in range(1500):
        step(tf.constant([number, 0]))
    return model


def exact_broadly(model):
    """p(x_0, x_1) by quadrature on a grid that reaches into heavy tails."""
    u = np.linspace(-7.0, 7.0, 601)
    axis, weight = np.sinh(u), np.cosh(u) * (u[1] - u[0])
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    grid = tf.constant(grid.reshape(-1, 1, 2, 1))
    mass = np.exp(model.smoothed.log_prob(grid)) * np.outer(weight, weight).reshape(-1)
    joint = np.empty((NUM_LEVELS, NUM_LEVELS))
    for i, j in np.ndindex(*joint.shape):
        x = np.broadcast_to(np.reshape([X[i], X[j]], [1, 1, 2, 1]), grid.shape)
        reverse = model.reverse.log_prob(tf.constant(x), Condition(grid))
        joint[i, j] = np.sum(mass * np.exp(reverse))
    np.testing.assert_allclose(joint.sum(), 1.0, atol=2e-3)
    return joint


@pytest.mark.large
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(functools.partial(random_pair, 1), id="random weights"),
        pytest.param(functools.partial(random_pair, 2), id="other random weights"),
        pytest.param(broad_pixels, id="broad"),
        pytest.param(trained_pair, id="trained"),
    ],
)
def test_the_exact_conditional_at_256_particles(make, capsys):
    model = make()
    joint = exact_broadly(model)
    # The most surprising value of the known pixel.
    level = int(np.argmin(joint.sum(axis=0)))
    truth = joint[:, level] / joint[:, level].sum()
    errors = {}
    for num_particles in (1, 256):
        # 20,000 draws, which are off by about 0.004 themselves.
        drawn = [draw(model, level, num_particles, seed)[1] for seed in range(20)]
        found = frequencies(np.concatenate(drawn))
        errors[num_particles] = float(total_variation(found, truth))
    with capsys.disabled():
        print(f"\nexact {truth.round(3)}, total variation by particles {errors}")
    assert errors[256] < 0.02
