import keras
import pytest
import tensorflow as tf

from smoothing_tf.training.schedule import ExponentialDecay


@pytest.mark.parametrize("step", [0, 1, 1000, 1_000_000])
def test_rate_is_the_initial_rate_times_decay_to_the_step(step):
    rate = ExponentialDecay(2e-4, 0.999995)(tf.constant(step, tf.int64))
    assert float(rate) == pytest.approx(2e-4 * 0.999995**step, rel=1e-5)


def test_config_round_trip():
    schedule = ExponentialDecay(1e-3, 0.5)
    copy = keras.optimizers.schedules.deserialize(
        keras.optimizers.schedules.serialize(schedule)
    )
    assert float(copy(2)) == pytest.approx(2.5e-4)
