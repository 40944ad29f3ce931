"""The steps at which actions are due, and the number of steps in one call."""

from smoothing_tf.training.intervals import Intervals
from smoothing_tf.training.training_config import TrainingConfig


def test_calls_end_where_something_is_due():
    config = TrainingConfig(
        num_steps=23,
        steps_per_call=6,
        log_every=5,
        validate_every=10,
        checkpoint_every=7,
        sample_every=0,
    )
    intervals = Intervals(config)
    step, ends = 0, []
    while step < config.num_steps:
        ahead = intervals.num_steps_ahead(step)
        assert 1 <= ahead <= 6
        step += ahead
        ends.append(step)
    assert ends == [5, 7, 10, 14, 15, 20, 21, 23]
    due = [step for step in ends if intervals.is_due(config.checkpoint_every, step)]
    assert due == [7, 14, 21, 23]


def test_profiled_steps_are_calls_of_their_own():
    config = TrainingConfig(
        num_steps=20, steps_per_call=6, sample_every=0, profile_steps="9:11"
    )
    step, ends = 0, []
    while step < config.num_steps:
        step += Intervals(config).num_steps_ahead(step)
        ends.append(step)
    assert ends == [6, 8, 9, 10, 11, 17, 20]
