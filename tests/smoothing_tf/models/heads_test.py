"""Heads: which one fits the data, and the layout of their parameters."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.distributions import DiscretizedLogisticMixture, LogisticMixture
from smoothing_tf.models.heads import make_head


@pytest.mark.parametrize("num_channels, num_params", [(1, 12), (3, 40)])
def test_parameters_per_position(num_channels, num_params):
    assert make_head(None, num_channels, 4, None).num_params == num_params


def test_data_with_levels_get_a_discrete_head_and_others_a_continuous_one():
    for num_levels, expected in (
        (None, LogisticMixture),
        (5, DiscretizedLogisticMixture),
    ):
        head = make_head(None, 1, 2, num_levels)
        assert isinstance(head.distribution(tf.zeros([3, 6])), expected)


def test_a_density_is_refused_where_a_probability_is_meant():
    with pytest.raises(ValueError, match="must be discretized_logistic_mixture for"):
        make_head("logistic_mixture", 1, 2, 17)
    with pytest.raises(ValueError, match="must be logistic_mixture for continuous"):
        make_head("discretized_logistic_mixture", 1, 2, None)


def test_a_spread_bias_places_the_components_evenly():
    head = make_head(None, 3, 4, None)
    parts = head.split(tf.constant(head.spread_bias(-1.0, 1.0)))
    for channel in range(3):
        np.testing.assert_allclose(
            parts["loc"][:, channel], [-0.75, -0.25, 0.25, 0.75], atol=1e-6
        )
    np.testing.assert_allclose(parts["coefficients"], np.zeros((4, 3)))


def test_a_discrete_log_scale_has_floor_and_ceiling():
    head = make_head(None, 1, 1, 5)
    for raw, expected in ((-50.0, -7.0), (50.0, 5.0)):
        distribution = head.distribution(tf.constant([0.0, 0.0, raw]))
        exact = DiscretizedLogisticMixture(
            [0.0], [[0.0]], tf.fill([1, 1], expected), num_levels=5
        )
        x = tf.constant([0.5])
        np.testing.assert_allclose(distribution.log_prob(x), exact.log_prob(x))
