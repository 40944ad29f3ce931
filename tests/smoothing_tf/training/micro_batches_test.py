"""Sums over micro batches."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.training.micro_batches import sum_over_micro_batches

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
