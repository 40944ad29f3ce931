"""Seconds are attributed to one part each, and add up to the whole."""

import numpy as np
import pytest

from smoothing_tf import stopwatch
from smoothing_tf.stopwatch import Stopwatch


@pytest.fixture
def clock(monkeypatch):
    """The time, [wall, CPU], which passes only when a test says so."""
    now = np.zeros(2)
    monkeypatch.setattr(stopwatch, "_now", lambda: now.copy())
    return now


def test_inner_parts_are_not_counted_twice(clock):
    watch = Stopwatch()
    clock += [1.0, 2.0]
    with watch.time("outer"):
        clock += [10.0, 20.0]
        with watch.time("inner", before=np.array([1000.0, 2000.0])) as elapsed:
            clock += [100.0, 200.0]
            np.testing.assert_array_equal(elapsed(), [1100.0, 2200.0])
        clock += [10.0, 20.0]
    assert watch.seconds() == {
        "inner": {"wall": 1100.0, "cpu": 2200.0},
        "outer": {"wall": 20.0, "cpu": 40.0},
        "other": {"wall": 1.0, "cpu": 2.0},
    }


def test_parts_of_one_name_are_added(clock):
    watch = Stopwatch()
    for _ in range(3):
        with watch.time("part"):
            clock += [1.0, 0.5]
    assert watch.seconds()["part"] == {"wall": 3.0, "cpu": 1.5}


def test_cpu_seconds_are_those_of_work_and_not_of_waiting():
    watch = Stopwatch()
    with watch.time("work"):
        sum(range(300_000))
    seconds = watch.seconds()["work"]
    assert 0.0 < seconds["cpu"] < 5.0 and seconds["wall"] > 0.0
