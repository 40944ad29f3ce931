"""MADE: the contract, causality for vectors and images, and its masks."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.condition import Condition
from tests.testing.continuous_contract import ContinuousContract
from tests.testing.density_model_contract import (
    DensityModelContract,
    all_events,
    influence,
    randomize,
)


class TestMADE(DensityModelContract, ContinuousContract):
    tiny_shape = (2, 2, 1)
    tiny_levels = 4
    image_shape = (4, 4, 1)

    def make(
        self,
        event_shape,
        num_levels=None,
        takes_x_smoothed=False,
        dropout=0.0,
        **kwargs,
    ):
        config = MADEConfig(hidden_units=(64, 64), num_mixtures=3, dropout=dropout)
        return MADE(config, event_shape, num_levels, takes_x_smoothed, **kwargs)

    def make_continuous(self, event_shape, takes_x_smoothed=False, num_classes=None):
        return self.make(
            event_shape, takes_x_smoothed=takes_x_smoothed, num_classes=num_classes
        )

    @pytest.mark.parametrize("event_shape", [(2,), (5,), (3, 3, 1), (2, 2, 3)])
    def test_a_conditional_sees_all_dimensions_before_it_and_no_other(
        self, event_shape
    ):
        model = randomize(self.make(event_shape))
        x = tf.random.stateless_normal((1, *event_shape), [1, 1])
        seen = influence(model, x, num_channels=1)
        np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen), -1))

    def test_masks_hold_whatever_the_weights_become(self):
        model = self.make((4,))
        for variable in model.trainable_variables:
            variable.assign(tf.ones_like(variable))
        seen = influence(model, tf.ones([1, 4]), num_channels=1)
        np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen), -1))

    def test_one_dimension_is_a_plain_mixture(self):
        model = randomize(self.make((1,)), scale=0.05)
        x = tf.linspace(tf.constant(-60.0, tf.float64), 60.0, 200_001)[:, None]
        total = np.trapezoid(np.exp(model.log_prob(x)), x[:, 0])
        np.testing.assert_allclose(total, 1.0, atol=1e-4)

    @pytest.mark.parametrize("takes_x_smoothed", [False, True])
    def test_levels_may_have_a_probability_each(self, takes_x_smoothed):
        config = MADEConfig(hidden_units=(16,), head="categorical")
        model = randomize(MADE(config, (4,), 3, takes_x_smoothed), scale=0.2)
        events = tf.cast(all_events((4,), 3), tf.float64)
        x_smoothed = tf.fill(events.shape, 0.5) if takes_x_smoothed else None
        mass = np.exp(model.log_prob(events, Condition(x_smoothed)))
        np.testing.assert_allclose(mass.sum(), 1.0, atol=1e-6)
        sampled = model.sample(
            4000, Condition(x_smoothed).map(lambda part: part[:1]), seed=1
        )
        first = np.reshape(sampled, (4000, 4))[:, 0]
        for level in (-1, 0, 1):
            expected = mass[events[:, 0] == level].sum()
            np.testing.assert_allclose(np.mean(first == level), expected, atol=0.03)

    def test_components_start_apart(self):
        model = self.make((2,))
        loc = model.head.split(model(tf.zeros([1, 2])))["loc"][0, :, :, 0]
        assert np.min(np.diff(loc, axis=-1)) > 0.5

    def test_units_must_be_positive(self):
        with pytest.raises(ValueError, match="`hidden_units` must be at least 1"):
            MADEConfig(hidden_units=(64, 0))

    def test_starting_locations_are_drawn_within_their_share_of_the_range(self):
        def locations(jitter, seed):
            config = MADEConfig(
                num_mixtures=4, initial_range=2.0, initial_jitter=jitter
            )
            model = MADE(config, (1,), seed=seed)
            params = model(tf.zeros([1, 1]))
            return model.head.split(params)["loc"][0, 0].numpy().ravel()

        even = np.array([-1.5, -0.5, 0.5, 1.5])
        for seed in range(2):
            np.testing.assert_allclose(locations(0.0, seed), even)
            moves = locations(1.0, seed) - even
            assert 0.1 < np.abs(moves).max() <= 0.5
        assert np.abs(locations(1.0, 0) - locations(1.0, 1)).min() > 0.0
