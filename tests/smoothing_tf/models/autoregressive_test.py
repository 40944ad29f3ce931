"""The common parts of autoregressive models: the head's dtype, contexts, positions."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.heads import make_head


class AtContext(AutoregressiveModel):
    """Every position is one sharp logistic at the value of the context there."""

    def __init__(self, event_shape, num_channels=1):
        head = make_head(None, num_channels, 1, None)
        super().__init__(event_shape, num_channels, head, is_conditional=True)
        self.built = True

    def call(self, x, context=None, dropout_seed=None):
        zeros = tf.zeros_like(context)
        return tf.stack([zeros, context, zeros - 5.0], axis=-1)


def test_each_sample_belongs_to_its_context():
    model = AtContext((3,))
    context = tf.constant([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]])
    samples = model.sample(4, context, seed=0)
    np.testing.assert_allclose(samples, np.broadcast_to(context, (4, 2, 3)), atol=0.1)
    assert len(np.unique(samples[:, 0, 0])) == 4


def test_at_least_one_sample_is_drawn():
    model = AtContext((3,))
    assert model.sample(1, tf.zeros([1, 3]), seed=0).shape == (1, 1, 3)
    with pytest.raises(ValueError, match="`num_samples` must be at least 1; got 0"):
        model.sample(0, tf.zeros([2, 3]), seed=0)


def test_the_likelihood_is_summed_over_positions_in_the_dtype_of_x():
    model = AtContext((3,))
    x = tf.constant([[1.0, 2.0, 3.0]], tf.float64)
    context = tf.constant([[1.0, 2.5, 3.0]])
    z = (np.array([0.0, -0.5, 0.0])) / np.exp(-5.0)
    expected = np.sum(-z - 2 * np.logaddexp(0, -z) + 5.0)
    log_prob = model.log_prob(x, context)
    assert log_prob.dtype == tf.float64
    np.testing.assert_allclose(log_prob, [expected], rtol=1e-12)
