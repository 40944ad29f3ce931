"""Data-dependent initialization: standardized outputs, which the layer then keeps."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    FullView,
    InitializingView,
    PointwiseConv,
    SkipConv,
    WeightNormKernel,
)
from tests.testing.causal_layers import make_conv, make_images

X = 3.0 * tf.random.stateless_normal([4, 6, 6, 2], [1, 2]) + 1.0


def initialize(layer):
    layer.weight.initialize([3, 4])
    return layer


@pytest.mark.parametrize(
    "layer",
    [
        CausalConv(WeightNormKernel((2, 3, 2, 5), 5), "up"),
        CausalConvTranspose(2, "up_left"),
        PointwiseConv(WeightNormKernel((2, 5), 5)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_outputs_are_standardized_and_those_of_the_layer_from_then_on(layer):
    initialize(layer)
    outputs = layer(X, view=InitializingView())
    np.testing.assert_allclose(outputs, layer(X, view=FullView()), atol=1e-4)
    np.testing.assert_allclose(np.mean(outputs, axis=(0, 1, 2)), 0.0, atol=1e-4)
    variance = np.var(outputs, axis=(0, 1, 2))
    np.testing.assert_allclose(np.mean(variance), 1.0, rtol=1e-3)


def test_the_sum_of_all_terms_of_a_skip_connection_is_standardized():
    layer = initialize(SkipConv(2, 2, 5))
    inputs = X, tf.square(X)
    sums = []
    for view in (InitializingView(), FullView()):
        sums.append(sum(layer(x, index=n, view=view) for n, x in enumerate(inputs)))
    np.testing.assert_allclose(*sums, atol=1e-4)
    np.testing.assert_allclose(np.mean(sums[0], axis=(0, 1, 2)), 0.0, atol=1e-4)
    np.testing.assert_allclose(np.std(sums[0], axis=(0, 1, 2)), 1.0, rtol=1e-3)


def test_a_layer_without_weight_normalization_is_left_alone():
    layer = make_conv((2, 3), "up")
    before = [np.array(variable) for variable in layer.variables]
    x = make_images(4, 5)
    np.testing.assert_array_equal(
        layer(x, view=InitializingView()), layer(x, view=FullView())
    )
    for variable, value in zip(layer.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
