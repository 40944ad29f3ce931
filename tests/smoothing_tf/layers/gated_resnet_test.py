"""The gated residual block, and its dropout by seed."""

import functools

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import GatedResnet, ShiftedConv, concat_elu

CONV = functools.partial(ShiftedConv, kernel_size=(2, 3), reach="up")


def make(**kwargs):
    block = GatedResnet(CONV, 4, **kwargs)
    for index, layer in enumerate((block.conv_input, block.conv_out, block.nin_skip)):
        if layer is not None:
            layer.weight.initialize([1, index])
    return block


X = tf.random.stateless_normal((2, 5, 5, 4), [7, 8])


def test_concat_elu_is_elu_of_both_signs():
    x = tf.constant([[-1.0, 2.0]])
    expected = [[np.expm1(-1), 2.0, 1.0, np.expm1(-2)]]
    np.testing.assert_allclose(concat_elu(x), expected, rtol=1e-6)


def test_the_block_is_the_identity_where_its_value_is_zero():
    block = make()
    block.conv_out.weight.g.assign(tf.zeros_like(block.conv_out.weight.g))
    np.testing.assert_array_equal(block(X), X)


def test_the_auxiliary_input_matters():
    block = make(aux_channels=3)
    aux = tf.random.stateless_normal((2, 5, 5, 3), [9, 9])
    assert np.any(block(X, aux) != block(X, 2 * aux))


def test_blocks_of_one_model_drop_different_units():
    seed = tf.constant([1, 2])
    first, second = (make(dropout=0.5, index=index) for index in (0, 1))
    np.testing.assert_array_equal(first(X), second(X))
    assert np.any(first(X, dropout_seed=seed) != second(X, dropout_seed=seed))
    np.testing.assert_array_equal(
        first(X, dropout_seed=seed), first(X, dropout_seed=seed)
    )


def test_dropout_keeps_the_mean():
    block = make(dropout=0.5)
    block.conv_out.weight.g.assign(0.01 * block.conv_out.weight.g)
    outputs = [block(X, dropout_seed=tf.constant([0, i])) - X for i in range(300)]
    mean, exact = tf.reduce_mean(outputs, axis=0), block(X) - X
    error = np.abs(mean - exact) / (np.std(outputs, axis=0) / np.sqrt(300))
    assert np.mean(error) < 1.2
