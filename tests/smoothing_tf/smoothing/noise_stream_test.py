import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.smoothing import NoiseStream

SEED = tf.constant([5, -7])
METHODS = {"normal_like": "stateless_normal", "uniform_like": "stateless_uniform"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize("event_shape", [(2,), (5,), (8, 8, 3)])
def test_any_rows_are_those_of_one_draw_of_all(method, dtype, event_shape):
    whole = getattr(NoiseStream(SEED, 0), method)(tf.zeros([300, *event_shape], dtype))
    assert whole.dtype == dtype
    for start, stop in ((0, 80), (80, 81), (83, 257), (299, 300)):
        stream = NoiseStream(SEED, tf.constant(start, tf.int64))
        part = getattr(stream, method)(tf.zeros([stop - start, *event_shape], dtype))
        np.testing.assert_array_equal(part, whole[start:stop])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype, per_count", [(tf.float32, 4), (tf.float64, 2)])
def test_rows_are_those_of_tensorflows_stateless_operations(method, dtype, per_count):
    draw = getattr(tf.random, METHODS[method])
    width = 7 + -7 % per_count
    expected = draw([50, width], SEED, dtype=dtype, alg="philox")[:, :7]
    rows = getattr(NoiseStream(SEED, 0), method)(tf.zeros([50, 7], dtype))
    np.testing.assert_array_equal(rows, expected)


def test_rows_beyond_32_bits_are_new_ones():
    x = tf.zeros([100, 64])
    starts = [0, 2**31, 2**32, 2**32 * 16, 2**40]
    rows = [NoiseStream(SEED, start).normal_like(x).numpy() for start in starts]
    values = np.concatenate(rows).ravel()
    assert len(np.unique(values)) > 0.99 * len(values)


def test_the_number_of_threads_does_not_matter():
    x = tf.zeros([64, 32, 32, 3])
    whole = NoiseStream(SEED, 9).normal_like(x)
    # Small draws are made by a single thread.
    rows = [NoiseStream(SEED, 9 + i).normal_like(x[i : i + 1]) for i in range(64)]
    np.testing.assert_array_equal(whole, tf.concat(rows, axis=0))


def test_seeds_differ():
    x = tf.zeros([10, 4])
    one, other = (NoiseStream(tf.constant([s, 0]), 0).normal_like(x) for s in (1, 2))
    assert not np.any(np.equal(one, other))
