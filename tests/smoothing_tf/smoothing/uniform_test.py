import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.smoothing import Uniform
from tests.testing.smoothing_contract import SmoothingContract


class TestUniform(SmoothingContract):
    smoothing = Uniform

    @pytest.mark.parametrize("magnitude", [0.0, 1.0, 1e4])
    def test_own_draws_are_possible_in_either_precision(self, magnitude):
        x = magnitude * tf.random.stateless_uniform([1_000_000, 1], [1, 2], -1.0, 1.0)
        smoothing = Uniform(0.3)
        x_smoothed = smoothing.distribution(x).sample(seed=[3, 4])
        expected = -np.log(2.0 * 0.3 * np.sqrt(3.0))
        for dtype in (tf.float32, tf.float64):
            log_prob = smoothing.distribution(tf.cast(x, dtype)).log_prob(
                tf.cast(x_smoothed, dtype)
            )
            np.testing.assert_allclose(log_prob, expected, rtol=1e-6)

    def test_what_is_out_of_reach_is_impossible(self):
        x = tf.constant([[0.5]], tf.float64)
        half_width = 0.3 * np.sqrt(3.0)
        distribution = Uniform(0.3).distribution(x)
        for factor, is_possible in ((0.999999, True), (1.000001, False)):
            for sign in (-1.0, 1.0):
                log_prob = distribution.log_prob(x + sign * factor * half_width)
                assert np.all(np.isfinite(log_prob)) == is_possible
                assert not np.any(np.isnan(log_prob))

    def test_gradients_are_zero_not_nan(self):
        x = tf.constant([[0.5], [0.5]])
        x_smoothed = tf.constant([[0.6], [9.0]])
        with tf.GradientTape() as tape:
            tape.watch([x, x_smoothed])
            log_prob = Uniform(0.3).distribution(x).log_prob(x_smoothed)
        for gradient in tape.gradient(
            log_prob, [x, x_smoothed], unconnected_gradients="zero"
        ):
            np.testing.assert_array_equal(gradient, np.zeros([2, 1]))

    def test_has_no_single_step(self):
        assert Uniform(0.3).single_step_gain is None
