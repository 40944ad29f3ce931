"""Both halves of a joint MADE are density models that share its weights."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.toys.joint_made import JointMADE
from smoothing_tf.models import MADEConfig, TwoStageModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.smoothing import Gaussian
from tests.testing.density_model_contract import randomize


def make(event_shape=(1,)) -> JointMADE:
    config = MADEConfig(hidden_units=(12, 12), num_mixtures=2)
    return randomize(JointMADE(config, event_shape, seed=1), scale=0.3)


@pytest.mark.parametrize("event_shape", [(1,), (3,)])
def test_the_halves_add_up_to_the_joint_density(event_shape):
    joint = make(event_shape)
    x, x_smoothed = tf.random.stateless_normal([2, 7, *event_shape], [1, 2])
    together = joint.log_prob(x, x_smoothed)
    apart = joint.smoothed.log_prob(x_smoothed) + joint.reverse.log_prob(
        x, Condition(x_smoothed)
    )
    np.testing.assert_allclose(together, apart, rtol=1e-5, atol=1e-5)


def test_both_halves_are_normalized():
    joint = make()
    x = tf.constant(np.linspace(-60.0, 60.0, 120_001)[:, None])
    step = 120.0 / 120_000
    for half, condition in (
        (joint.smoothed, None),
        (joint.reverse, Condition(tf.fill(x.shape, tf.constant(0.4, x.dtype)))),
    ):
        mass = np.exp(half.log_prob(x, condition)).sum() * step
        assert mass == pytest.approx(1.0, abs=1e-4)


def test_samples_of_the_two_stages_follow_their_densities():
    joint = make()
    both = TwoStageModel(Gaussian(0.3), joint.smoothed, joint.reverse)
    x_smoothed, x = both.sample(20_000, seed=2)
    for values, half, condition in (
        (x_smoothed, joint.smoothed, None),
        (x, joint.reverse, Condition(x_smoothed)),
    ):
        params = half(values, condition=condition)[:, 0]
        # Probability integral transform of the mixture, written out.
        weights = tf.nn.softmax(half.head.split(params)["logits"])
        loc = half.head.split(params)["loc"][..., 0]
        scale = tf.exp(half.head.split(params)["log_scale"][..., 0])
        rank = np.sum(weights * tf.sigmoid((values - loc) / scale), axis=-1)
        counts, _ = np.histogram(rank, bins=20, range=(0.0, 1.0))
        statistic = np.sum((counts - 1000.0) ** 2 / 1000.0)
        assert statistic < 19 + 5 * np.sqrt(2 * 19)


def test_the_halves_have_no_weights_of_their_own():
    joint = make()
    ids = {id(weight) for weight in joint.weights}
    for half in (joint.smoothed, joint.reverse):
        assert {id(weight) for weight in half.weights} == ids


def test_the_network_and_the_halves_have_the_dtype_of_the_model():
    config = MADEConfig(hidden_units=(4,), num_mixtures=2)
    joint = JointMADE(config, (1,), dtype="float64")
    assert {weight.dtype for weight in joint.weights} == {"float64"}
    for half in (joint.smoothed, joint.reverse):
        assert half.compute_dtype == "float64"


def test_the_mixtures_of_x_start_around_x_smoothed():
    config = MADEConfig(hidden_units=(12,), num_mixtures=2)
    joint = JointMADE(config, (2,), reverse_range=0.5, seed=3)
    x_smoothed = tf.constant([[-3.0, 2.0], [1.0, 4.0]])
    params = joint.reverse(tf.zeros([2, 2]), condition=Condition(x_smoothed))
    loc = joint.reverse.head.split(params)["loc"][..., 0]
    around = x_smoothed[..., None] + tf.constant([-0.25, 0.25])
    # Besides x~ the network contributes a tenth of its usual initial output.
    np.testing.assert_allclose(loc, around, atol=1.0)
    mean = tf.reduce_mean(loc, axis=-1)
    assert np.corrcoef(tf.reshape(mean, [-1]), tf.reshape(x_smoothed, [-1]))[0, 1] > 0.9
