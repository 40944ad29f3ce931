"""Sums over micro batches."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.training.micro_batches import sum_over_micro_batches
from tests.testing.grappler import disable_grappler

TABLE = tf.Variable([[1.0], [2.0], [3.0]])


def zeros():
    return [tf.zeros([]), tf.zeros([3, 1]), tf.zeros([])]


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_sums_are_those_of_the_batch_and_what_is_missing_stays_missing(number):
    sizes = []

    def function(part, *index):
        x, parts = part
        sizes.append(x.shape[0])
        with tf.GradientTape() as tape:
            rows = tf.gather(TABLE, parts["label"])
            total = tf.reduce_sum(x * rows)
        # The gradient of a lookup consists of slices.
        (gradient,) = tape.gradient(total, [TABLE])
        return [total, gradient, None]

    @tf.function(autograph=False)
    def summed(batch):
        total, gradient, missing = sum_over_micro_batches(
            function, batch, number, zeros
        )
        assert missing is None
        return total, tf.convert_to_tensor(gradient)

    x = tf.reshape(tf.range(6.0), [6, 1])
    total, gradient = summed((x, {"label": tf.constant([0, 1, 2, 0, 1, 2])}))
    assert sizes == [6 // number]
    np.testing.assert_allclose(total, 3 * 1 + 5 * 2 + 7 * 3)
    np.testing.assert_allclose(gradient, [[3.0], [5.0], [7.0]])


def test_each_micro_batch_has_its_index():
    def function(part, index):
        return [tf.reduce_sum(part) * tf.cast(index, tf.float32)]

    x = tf.constant([1.0, 10.0, 100.0, 1000.0])
    (total,) = sum_over_micro_batches(function, x, 2, lambda: [tf.zeros([])])
    assert float(total) == 1100.0


@pytest.fixture
def grappler():
    """TensorFlow's graph optimizer, as outside the tests."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    yield
    disable_grappler()


def test_the_second_call_of_a_large_loop_in_a_loop_does_not_fail(grappler):
    """Steps are a loop, too. Grappler's temporary variables begin at about 200 MB."""
    size = 10_000_000

    def function(part, index):
        x = tf.reduce_mean(part) * tf.ones([size])
        a, b, c = tf.tanh(x), tf.sin(x), tf.exp(-x)
        return [a * b + b * c + a * c]

    @tf.function(autograph=False)
    def steps(x):
        def step(index, total):
            (sums,) = sum_over_micro_batches(
                function, x + total, 2, lambda: [tf.zeros([size])]
            )
            return index + 1, total + tf.reduce_mean(sums)

        return tf.while_loop(lambda index, _: index < 2, step, (0, 0.0))[1]

    first, second = steps(tf.ones([4])), steps(tf.ones([4]))
    assert float(first) == float(second) > 0.0
