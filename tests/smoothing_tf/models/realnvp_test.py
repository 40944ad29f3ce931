import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import RealNVP, RealNVPConfig
from smoothing_tf.models.condition import Condition
from tests.testing.continuous_contract import ContinuousContract
from tests.testing.density_model_contract import randomize

CONFIG = RealNVPConfig(num_couplings=4, hidden_units=(16, 16))


def make(event_shape=(2,), takes_x_smoothed=False, num_classes=None, seed=0) -> RealNVP:
    return RealNVP(CONFIG, event_shape, None, takes_x_smoothed, num_classes, seed)


class TestRealNVP(ContinuousContract):
    def make_continuous(self, event_shape, takes_x_smoothed=False, num_classes=None):
        return make(event_shape, takes_x_smoothed, num_classes)


def condition_of(x):
    return Condition(0.5 * x + 0.1)


@pytest.mark.parametrize("event_shape", [(2,), (5,), (2, 3, 1)])
@pytest.mark.parametrize("takes_x_smoothed", [False, True])
def test_the_chain_is_invertible(event_shape, takes_x_smoothed):
    # In single precision, for a chain that stretches about as much as a trained one.
    for scale, dtype in ((0.1, tf.float32), (0.3, tf.float64)):
        model = randomize(make(event_shape, takes_x_smoothed), scale=scale)
        x = 2.0 * tf.random.stateless_normal([50, *event_shape], [1, 2], dtype=dtype)
        condition = condition_of(x) if takes_x_smoothed else None
        z, _ = model.to_normal(x, condition)
        assert np.mean(np.abs(tf.reshape(z, x.shape) - x)) > 0.1
        error = np.max(np.abs(model.from_normal(z, condition) - x))
        assert error < 1e-5 * np.max(np.abs(x))


def test_the_log_determinant_is_that_of_the_jacobian():
    model = randomize(make((3,)), scale=0.1)
    x = tf.random.stateless_normal([4, 3], [1, 2], dtype=tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z, log_det = model.to_normal(x)
    jacobian = tape.batch_jacobian(z, x)
    _, expected = np.linalg.slogdet(jacobian)
    np.testing.assert_allclose(log_det, expected, atol=1e-5)


def test_conditional_samples_are_by_sample_then_by_row():
    model = randomize(make(takes_x_smoothed=True), scale=0.2)
    condition = Condition(tf.constant([[0.0, 0.0], [5.0, 5.0]]))
    x = model.sample(3, condition, seed=1)
    assert x.shape == (3, 2, 2)
    # Inverted with the rows in that order, the samples give the noise that was
    # drawn, since a new model is the identity.
    z, _ = model.to_normal(tf.reshape(x, [6, 2]), condition.tile(3))
    np.testing.assert_allclose(z, make().sample(6, seed=1), atol=1e-4)


def test_a_new_model_is_a_standard_normal():
    x = tf.random.stateless_normal([5, 2], [1, 2], dtype=tf.float64)
    expected = -0.5 * np.sum(x**2, axis=1) - np.log(2.0 * np.pi)
    np.testing.assert_allclose(make().log_prob(x), expected, rtol=1e-6)


def test_a_reinitialized_model_equals_a_new_one():
    model, new = randomize(make(takes_x_smoothed=True)), make(takes_x_smoothed=True)
    model.initialize(0)
    for weight, fresh in zip(model.weights, new.weights, strict=True):
        np.testing.assert_array_equal(weight, fresh)
    x = tf.random.stateless_normal([5, 2], [1, 2])
    np.testing.assert_array_equal(model.to_normal(x, condition_of(x))[0], x)


def test_a_seed_names_its_initial_weights_and_samples():
    weights = [
        make(seed=seed).couplings[0].dense[0].kernel.numpy() for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert np.any(weights[0] != weights[2])
    samples = [make().sample(4, seed=seed).numpy() for seed in (1, 1, 2)]
    np.testing.assert_array_equal(samples[0], samples[1])
    assert np.all(samples[0] != samples[2])


def test_what_it_cannot_model_is_rejected():
    with pytest.raises(ValueError, match="continuous data; got data with 256 levels"):
        RealNVP(CONFIG, (4, 4, 1), num_levels=256)
    with pytest.raises(ValueError, match="at least two dimensions"):
        RealNVP(CONFIG, (1,))
    with pytest.raises(ValueError, match="x_smoothed` must be given"):
        make(takes_x_smoothed=True).log_prob(tf.zeros([1, 2]))
