"""The common parts of autoregressive models: head, conditions, positions."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.heads import make_head


class AtSmoothed(AutoregressiveModel):
    """Every position is one sharp logistic at the value of x~ there."""

    def __init__(self, event_shape, num_channels=1):
        head = make_head(None, num_channels, 1, None)
        super().__init__(event_shape, num_channels, head, takes_x_smoothed=True)
        self.built = True

    def call(self, x, condition=None, dropout_seed=None):
        x_smoothed = condition.x_smoothed
        zeros = tf.zeros_like(x_smoothed)
        return tf.stack([zeros, x_smoothed, zeros - 5.0], axis=-1)


def test_each_sample_belongs_to_its_condition():
    model = AtSmoothed((3,))
    x_smoothed = tf.constant([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]])
    samples = model.sample(4, Condition(x_smoothed), seed=0)
    expected = np.broadcast_to(x_smoothed, (4, 2, 3))
    np.testing.assert_allclose(samples, expected, atol=0.1)
    assert len(np.unique(samples[:, 0, 0])) == 4


@pytest.mark.usefixtures("eager")
def test_at_least_one_sample_is_drawn():
    model = AtSmoothed((3,))
    assert model.sample(1, Condition(tf.zeros([1, 3])), seed=0).shape == (1, 1, 3)
    with pytest.raises(ValueError, match="`num_samples` must be at least 1; got 0"):
        model.sample(0, Condition(tf.zeros([2, 3])), seed=0)


def test_the_likelihood_is_summed_over_positions_in_the_dtype_of_x():
    model = AtSmoothed((3,))
    x = tf.constant([[1.0, 2.0, 3.0]], tf.float64)
    condition = Condition(tf.constant([[1.0, 2.5, 3.0]]))
    z = (np.array([0.0, -0.5, 0.0])) / np.exp(-5.0)
    expected = np.sum(-z - 2 * np.logaddexp(0, -z) + 5.0)
    log_prob = model.log_prob(x, condition)
    assert log_prob.dtype == tf.float64
    np.testing.assert_allclose(log_prob, [expected], rtol=1e-12)
