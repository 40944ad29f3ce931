"""Nonlinearities, and their behavior in half precision."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import concat_elu, elu, sigmoid, tanh


def test_concat_elu_is_elu_of_both_signs():
    x = tf.constant([[-1.0, 2.0]])
    expected = [[np.expm1(-1), 2.0, 1.0, np.expm1(-2)]]
    np.testing.assert_allclose(concat_elu(x), expected, rtol=1e-6)


@pytest.mark.parametrize("function", [concat_elu, elu, sigmoid, tanh])
def test_half_precision_is_that_of_float32_rounded(function):
    x = tf.cast(tf.linspace(-4.0, 4.0, 1001), tf.bfloat16)
    expected = tf.cast(function(tf.cast(x, tf.float32)), tf.bfloat16)
    np.testing.assert_array_equal(function(x), expected)
