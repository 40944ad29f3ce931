"""Dropout by seed."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import dropout

NUM_VALUES = 1_000_000


@pytest.mark.parametrize("rate", [0.5, 0.25, 0.1, 0.001])
def test_the_share_dropped_is_the_rate_and_the_mean_stays(rate):
    y = dropout(tf.ones([NUM_VALUES]), rate, tf.constant([1, 2])).numpy()
    standard_error = np.sqrt(rate * (1 - rate) / NUM_VALUES)
    assert abs(np.mean(y == 0.0) - rate) < 4 * standard_error
    kept = y[y != 0.0]
    np.testing.assert_allclose(kept, kept[0])
    np.testing.assert_allclose(kept[0], 1 / (1 - rate), rtol=2**-15)


def test_decisions_are_independent_of_their_neighbors():
    kept = dropout(tf.ones([NUM_VALUES]), 0.5, tf.constant([3, 4])).numpy() / 2
    # Values whose decisions come from the same random word, and the next one.
    for lag in range(1, 8):
        both = np.mean(kept[lag:] * kept[:-lag])
        assert abs(both - 0.25) < 4 * np.sqrt(0.25 * 0.75 / NUM_VALUES)


@pytest.mark.parametrize("rate", [0.5, 0.1])
@pytest.mark.parametrize("shape", [(7,), (3, 5, 5), (1, 1)])
def test_it_is_a_function_of_the_seed_also_when_compiled(rate, shape):
    x = tf.ones(shape)
    compiled = tf.function(dropout, jit_compile=True)
    seed = tf.constant([5, 6])
    y = dropout(x, rate, seed)
    np.testing.assert_array_equal(y, dropout(x, rate, seed))
    z = compiled(x, rate, seed).numpy()
    np.testing.assert_array_equal(z, compiled(x, rate, seed))
    assert y.shape == z.shape == shape


def test_when_compiled_it_drops_as_much():
    compiled = tf.function(dropout, jit_compile=True)
    y = compiled(tf.ones([NUM_VALUES]), 0.25, tf.constant([1, 2])).numpy()
    standard_error = np.sqrt(0.25 * 0.75 / NUM_VALUES)
    assert abs(np.mean(y == 0.0) - 0.25) < 4 * standard_error


def test_noise_of_a_smaller_shape_is_shared():
    y = dropout(tf.ones([3, 5, 40]), 0.5, tf.constant([1, 2]), tf.constant([3, 1, 40]))
    assert np.all(y.numpy() == y.numpy()[:, :1])
    assert 0.0 < np.mean(y == 0.0) < 1.0


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float32, tf.float64])
def test_it_keeps_the_dtype_and_drops_gradients_too(dtype):
    x = tf.ones([1000], dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = dropout(x, 0.5, tf.constant([1, 2]))
    assert y.dtype == dtype
    np.testing.assert_array_equal(tape.gradient(y, x), y)


def test_a_rate_next_to_one_stays_finite():
    y = dropout(tf.ones([NUM_VALUES]), 0.9999999, tf.constant([1, 2]))
    assert np.all(np.isfinite(y))
