"""The gated residual block, and its dropout by seed."""

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    FullView,
    GatedResnet,
    TrainingView,
    WeightNormKernel,
)


def make_conv(in_channels, filters, output_scale=1.0, **kwargs):
    weight = WeightNormKernel(
        (2, 3, in_channels, filters), filters, output_scale=output_scale
    )
    return CausalConv(weight, "up", **kwargs)


def make(**kwargs):
    block = GatedResnet(make_conv, 4, **kwargs)
    for index, layer in enumerate((block.conv_input, block.conv_out, block.skip)):
        if layer is not None:
            layer.weight.initialize([1, index])
    return block


def dropping(seed):
    return TrainingView(seed, dropout_rate=0.5)


X = tf.random.stateless_normal((2, 5, 5, 4), [7, 8])


def test_the_block_is_the_identity_where_its_value_is_zero():
    block = make()
    block.conv_out.weight.g.assign(tf.zeros_like(block.conv_out.weight.g))
    np.testing.assert_array_equal(block(X, view=FullView()), X)


def test_a_skip_matters():
    block = make(num_skips=1)
    other = tf.random.stateless_normal((2, 5, 5, 4), [9, 9])
    skip = block.skip(other, index=0, view=FullView())
    assert np.any(block(X, skips=skip, view=FullView()) != block(X, view=FullView()))


def test_blocks_of_one_model_drop_different_units():
    view = dropping(tf.constant([1, 2]))
    first, second = (make(index=index) for index in (0, 1))
    np.testing.assert_array_equal(first(X, view=FullView()), second(X, view=FullView()))
    assert np.any(first(X, view=view) != second(X, view=view))
    np.testing.assert_array_equal(first(X, view=view), first(X, view=view))


def test_dropout_keeps_the_mean():
    block = make()
    block.conv_out.weight.g.assign(0.01 * block.conv_out.weight.g)
    outputs = [
        block(X, view=dropping(tf.constant([0, index]))) - X for index in range(300)
    ]
    mean, exact = tf.reduce_mean(outputs, axis=0), block(X, view=FullView()) - X
    error = np.abs(mean - exact) / (np.std(outputs, axis=0) / np.sqrt(300))
    assert np.mean(error) < 1.2


def test_a_class_moves_what_enters_the_gate():
    block, without = make(num_classes=3), make()
    bias = block.conv_out.class_bias
    bias.initialize([3, 4])
    view = FullView(classes=tf.one_hot([2, 0], 3))
    moved = block(X, view=view)
    for image, label in enumerate([2, 0]):
        without.conv_out.weight.bias.assign(bias.table[label])
        expected = without(X[image : image + 1], view=FullView())[0]
        np.testing.assert_allclose(moved[image], expected, atol=1e-6)
