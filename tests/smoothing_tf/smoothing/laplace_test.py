import numpy as np
import tensorflow as tf

from smoothing_tf.smoothing import Laplace
from tests.testing.smoothing_contract import SmoothingContract


class TestLaplace(SmoothingContract):
    smoothing = Laplace

    def test_density_is_the_textbooks(self):
        x = tf.constant([[1.0, 2.0]], tf.float64)
        x_smoothed = tf.constant([[1.5, 1.0]], tf.float64)
        scale = 0.3 / np.sqrt(2.0)
        expected = -2.0 * np.log(2.0 * scale) - (0.5 + 1.0) / scale
        actual = Laplace(0.3).distribution(x).log_prob(x_smoothed)
        np.testing.assert_allclose(actual, [expected], rtol=1e-12)

    def test_has_no_single_step(self):
        assert Laplace(0.3).single_step_gain is None
