"""The joint bound of both stages and a learned noise scale."""

import math

import numpy as np
import pytest
import tensorflow as tf

from experiments.toys.learned_noise import LearnedNoise
from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.smoothing import Gaussian
from tests.testing.density_model_contract import randomize

CONFIG = MADEConfig(hidden_units=(8,), num_mixtures=2)


@pytest.fixture
def model():
    smoothed = randomize(MADE(CONFIG, (2,)), scale=0.2)
    reverse = randomize(MADE(CONFIG, (2,), takes_x_smoothed=True), scale=0.2)
    return LearnedNoise(smoothed, reverse, 0.3)


def test_the_value_is_the_bound_at_the_current_scale(model):
    x, noise = tf.random.stateless_normal([2, 9, 2], [1, 2])
    model.log_noise_scale.assign(math.log(0.7))
    two_stage = model.two_stage()
    assert isinstance(two_stage.smoothing, Gaussian)
    assert two_stage.smoothing.noise_scale == pytest.approx(0.7)
    expected = two_stage.bound_terms(x, x + 0.7 * noise).log_weight()
    np.testing.assert_allclose(model.log_prob(x, noise), expected, rtol=1e-4)


def test_the_gradient_reaches_the_scale_through_the_noise_and_its_entropy(model):
    x, noise = tf.random.stateless_normal([2, 50, 2], [1, 2])
    with tf.GradientTape() as tape:
        bound = tf.reduce_mean(model.log_prob(x, noise))
    weights = [weight.value for weight in model.trainable_weights]
    gradients = tape.gradient(bound, weights)
    assert all(np.any(gradient != 0) for gradient in gradients)
    (gradient,) = (
        gradient
        for gradient, weight in zip(gradients, weights, strict=True)
        if weight is model.log_noise_scale.value
    )
    values = []
    for step in (-0.01, 0.01):
        model.log_noise_scale.assign(math.log(0.3) + step)
        values.append(float(tf.reduce_mean(model.log_prob(x, noise))))
    slope = (values[1] - values[0]) / 0.02
    assert float(gradient) == pytest.approx(slope, rel=1e-2)
