"""Gaussian smoothing: the contract, and its entropy in bits per dimension."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.numerics import nats_to_bits_per_dim
from smoothing_tf.smoothing import Gaussian
from tests.testing.smoothing_contract import SmoothingContract


class TestGaussian(SmoothingContract):
    smoothing = Gaussian

    @pytest.mark.parametrize("noise_scale, bits", [(0.3, 0.3101), (0.5, 1.0471)])
    def test_entropy_per_dimension(self, noise_scale, bits):
        entropy = Gaussian(noise_scale).distribution(tf.zeros([1, 7])).entropy()
        np.testing.assert_allclose(nats_to_bits_per_dim(entropy, 7), bits, atol=5e-5)

    def test_single_step_gain_is_the_variance(self):
        assert Gaussian(0.5).single_step_gain == 0.25
