"""A condition passes through TensorFlow with its absent parts."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.condition import Condition
from tests.testing.strategies import mirrored

X_SMOOTHED = tf.reshape(tf.range(8.0), [4, 2])
LABEL = tf.constant([3, 1, 4, 1])
CONDITIONS = [
    Condition(),
    Condition(X_SMOOTHED),
    Condition(label=LABEL),
    Condition(X_SMOOTHED, LABEL),
]


def assert_same(actual, expected):
    assert isinstance(actual, Condition)
    for part, wanted in zip(actual, expected, strict=True):
        assert (part is None) == (wanted is None)
        if wanted is not None:
            np.testing.assert_array_equal(part, wanted)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_it_passes_through_a_compiled_function(condition):
    assert_same(tf.function(lambda condition: condition)(condition), condition)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_it_passes_through_batches_and_is_split_among_replicas(condition):
    x = tf.zeros([4])
    dataset = tf.data.Dataset.from_tensors(0).map(lambda _: (x, condition))
    assert_same(next(iter(dataset))[1], condition)
    strategy = mirrored()
    seen = []
    for batch in strategy.experimental_distribute_dataset(dataset):
        parts = strategy.run(lambda x, condition: condition, args=batch)
        split = parts.map(strategy.experimental_local_results)
        seen.append([split.map(lambda part, i=i: part[i]) for i in range(2)])
    (replicas,) = seen
    for index, own in enumerate(replicas):
        assert_same(own, condition.gather([2 * index, 2 * index + 1]))


def test_tiled_rows_come_batch_after_batch():
    tiled = Condition(X_SMOOTHED, LABEL).tile(2)
    np.testing.assert_array_equal(tiled.x_smoothed, np.tile(X_SMOOTHED, [2, 1]))
    np.testing.assert_array_equal(tiled.label, np.tile(LABEL, 2))
    assert int(tiled.num_rows()) == 8
    assert Condition().is_empty and not tiled.is_empty
