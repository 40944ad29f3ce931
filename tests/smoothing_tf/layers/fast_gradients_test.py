"""Gradients that are faster than TensorFlow's have the same values."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import activations, fast_gradients

X = tf.random.stateless_normal((2, 3, 4, 160), [1, 2])
KERNEL = 0.1 * tf.random.stateless_normal((2, 3, 160, 160), [3, 4])


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    """Computes as on a machine without a GPU."""
    monkeypatch.setattr(fast_gradients, "_sees_gpu", lambda: False)


def make_gradients(function, num_outputs):
    """Makes (arguments) -> value of `function` and gradients of a weighted sum."""

    @tf.function(autograph=False)
    def gradients(*arguments):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            y = function(*arguments)
            weights = tf.random.stateless_normal(num_outputs, [5, 6])
            loss = tf.reduce_sum(tf.cast(weights, y.dtype) * y)
        return y, *tape.gradient(loss, arguments)

    return gradients


def op_types(function, *arguments):
    graph = function.get_concrete_function(*arguments).graph.as_graph_def()
    nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
    return {node.op for node in nodes}


def relative_error(ours, expected):
    ours, expected = tf.cast(ours, tf.float32), tf.cast(expected, tf.float32)
    return np.max(np.abs(ours - expected)) / np.max(np.abs(expected))


def plain_convolve(x, kernel):
    return tf.nn.conv2d(x, kernel, 1, "VALID")


def activate_and_convolve(x, kernel):
    return fast_gradients.convolve(fast_gradients.concat_elu(x)[..., :160], kernel, 1)


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_concatenated_elu(dtype):
    x, shape = tf.cast(X, dtype), (2, 3, 4, 320)
    gradients = make_gradients(fast_gradients.concat_elu, shape)
    expected = make_gradients(activations.concat_elu, shape)(x)
    for value, reference in zip(gradients(x), expected, strict=True):
        assert value.dtype == dtype
        assert relative_error(value, reference) <= 2.0**-7 * (dtype == tf.bfloat16)
    is_fused = "Elu" not in op_types(gradients, x)
    assert is_fused == (dtype == tf.bfloat16)


def test_concatenated_elu_of_zeros_and_large_values():
    x = tf.constant([0.0, -0.0, 300.0, -300.0, 1e-3, -1e-3], tf.bfloat16)[:, None]
    ours = make_gradients(fast_gradients.concat_elu, (6, 2))(x)
    expected = make_gradients(activations.concat_elu, (6, 2))(x)
    for value, reference in zip(ours, expected, strict=True):
        np.testing.assert_allclose(
            tf.cast(value, tf.float32), tf.cast(reference, tf.float32), rtol=2.0**-7
        )


def test_gradients_of_a_large_kernel_in_bfloat16_are_matrix_products():
    def convolve(x, kernel):
        return fast_gradients.convolve(x, kernel, 1)

    arguments = [tf.cast(argument, tf.bfloat16) for argument in (X, KERNEL)]
    gradients = make_gradients(convolve, (2, 2, 2, 160))
    types = op_types(gradients, *arguments)
    assert "MatMul" in types and "Conv2DBackpropFilter" not in types
    ours = gradients(*arguments)
    exact = make_gradients(plain_convolve, (2, 2, 2, 160))(
        *(tf.cast(argument, tf.float32) for argument in arguments)
    )
    for value, expected in zip(ours, exact, strict=True):
        assert value.dtype == tf.bfloat16 and value.shape == expected.shape
        assert relative_error(value, expected) < 2.0**-7


@pytest.mark.parametrize("stride, dtype", [(2, tf.bfloat16), (1, tf.float32)])
def test_other_convolutions_keep_the_gradients_of_tensorflow(stride, dtype):
    gradients = make_gradients(
        lambda x, kernel: fast_gradients.convolve(x, kernel, stride), (1, 1, 1, 160)
    )
    specs = [tf.TensorSpec(argument.shape, dtype) for argument in (X, KERNEL)]
    assert "Conv2DBackpropFilter" in op_types(gradients, *specs)


def test_the_gradients_with_a_gpu_are_those_of_tensorflow(monkeypatch):
    monkeypatch.setattr(fast_gradients, "_sees_gpu", lambda: True)
    gradients = make_gradients(activate_and_convolve, (2, 2, 2, 160))
    specs = [tf.TensorSpec(argument.shape, tf.bfloat16) for argument in (X, KERNEL)]
    assert {"Elu", "Conv2DBackpropFilter"} <= op_types(gradients, *specs)


def test_a_traced_graph_does_not_outlive_its_function():
    gradients = make_gradients(activate_and_convolve, (2, 2, 2, 160))
    specs = [tf.TensorSpec(argument.shape, tf.bfloat16) for argument in (X, KERNEL)]
    graph = weakref.ref(gradients.get_concrete_function(*specs).graph)
    assert graph() is not None
    del gradients
    gc.collect()
    assert graph() is None
