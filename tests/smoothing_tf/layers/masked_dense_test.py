"""Masked dense layers see what the degrees allow, whatever the weights."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import MaskedDense


@pytest.mark.parametrize("is_strict", [False, True])
def test_connections_follow_the_degrees(is_strict):
    in_degrees, out_degrees = np.array([1, 2, 3]), np.array([1, 3, 2, 1])
    layer = MaskedDense(in_degrees, out_degrees, is_strict)
    layer.kernel.assign(tf.ones_like(layer.kernel))
    compare = np.less if is_strict else np.less_equal
    expected = compare(in_degrees[:, None], out_degrees)
    np.testing.assert_array_equal(layer(tf.eye(3)), expected)


def test_initial_weights_have_the_variance_of_their_fan_in():
    layer = MaskedDense(np.arange(1000), np.array([99, 999]))
    layer.initialize([1, 2])
    for column, fan_in in ((0, 100), (1, 1000)):
        std = np.std(np.array(layer.kernel)[:fan_in, column])
        np.testing.assert_allclose(std, np.sqrt(2 / fan_in), rtol=0.15)


def test_initial_weights_do_not_depend_on_those_before():
    layers = [MaskedDense(np.arange(4), np.arange(3)) for _ in range(2)]
    layers[0].kernel.assign(tf.ones([4, 3]))
    layers[0].bias.assign(tf.ones([3]))
    for layer in layers:
        layer.initialize([1, 2])
    for weight, fresh in zip(layers[0].weights, layers[1].weights, strict=True):
        np.testing.assert_array_equal(weight, fresh)
