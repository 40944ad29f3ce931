"""Layers that treat every pixel on its own, in the views of a row and of a pixel."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import FullView, PointwiseConv, SkipConv, WeightNormKernel
from smoothing_tf.layers.partial_view import PartialView, multiply
from tests.testing.causal_layers import CHANNELS, make_images

X = make_images(4, 5)
# A row [b, 1, w, c] and a pixel [b, c] of X.
PARTS = pytest.mark.parametrize(
    "part", [np.s_[:, 2:3], np.s_[:, 2, 3]], ids=["row", "pixel"]
)


@PARTS
def test_a_pointwise_convolution_is_that_of_the_full_view(part):
    weight = WeightNormKernel((CHANNELS, 6), 6, dtype="float64")
    weight.initialize([1, 2])
    weight.bias.assign(tf.linspace(0.1, 1.0, 6))
    layer = PointwiseConv(weight, dtype="float64")
    view = PartialView({layer: layer.split_weights()})
    np.testing.assert_allclose(
        layer(X[part], view=view), layer(X, view=FullView())[part], rtol=1e-12
    )


@PARTS
@pytest.mark.parametrize("index", [0, 1])
def test_a_term_of_a_skip_connection_is_that_of_the_full_view(part, index):
    layer = SkipConv(2, CHANNELS, 6, dtype="float64")
    layer.weight.initialize([1, 2])
    layer.weight.bias.assign(tf.linspace(0.1, 1.0, 6))
    view = PartialView({layer: layer.split_weights()})
    np.testing.assert_allclose(
        layer(X[part], index=index, view=view),
        layer(X, index=index, view=FullView())[part],
        rtol=1e-12,
    )


def test_nothing_is_dropped_while_an_image_is_drawn():
    assert PartialView({}).dropout(X, 0) is X


@pytest.mark.parametrize("shape", [(3, 2), (3, 1, 5, 2)])
def test_multiplication_keeps_the_leading_axes(shape):
    x = tf.random.stateless_normal(shape, [1, 2], dtype=tf.float64)
    kernel = tf.random.stateless_normal([2, 4], [3, 4], dtype=tf.float64)
    np.testing.assert_allclose(
        multiply(x, kernel), np.tensordot(x, kernel, 1), rtol=1e-12
    )
