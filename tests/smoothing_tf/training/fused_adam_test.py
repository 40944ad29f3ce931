"""Adam in one pass over the weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.training.fused_adam import FusedAdam
from tests.testing.strategies import mirrored

SHAPES = ((3, 4), (5,), ())


def updated(optimizer_class, strategy, schedule):
    """Returns the weights and the state of the optimizer after a few steps."""
    with strategy.scope():
        weights = [
            keras.Variable(tf.random.stateless_normal(shape, [1, index]))
            for index, shape in enumerate(SHAPES)
        ]
        optimizer = optimizer_class(schedule, beta_2=0.99)
        optimizer.build(weights)

    @tf.function
    def step(number):
        def replica_step():
            gradients = [
                10.0 ** (1 - index) * tf.random.stateless_normal(shape, [number, index])
                for index, shape in enumerate(SHAPES)
            ]
            optimizer.apply(gradients, weights)

        strategy.run(replica_step)

    for number in range(20):
        step(tf.constant(number))
    return [v.numpy() for v in (*weights, *optimizer.variables)]


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_it_is_the_adam_of_keras(is_mirrored):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 1, 0.9)

    def run(optimizer_class):
        strategy = mirrored() if is_mirrored else tf.distribute.get_strategy()
        return updated(optimizer_class, strategy, schedule)

    expected = run(keras.optimizers.Adam)
    for ours, theirs in zip(run(FusedAdam), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-7)
