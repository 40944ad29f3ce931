"""The shared code of the benchmarks: counted operations, processes, the table."""

import os
import signal

import pytest
import tensorflow as tf

from benchmarks import measure
from smoothing_tf.models.condition import Condition
from tests.testing.forkserver import forkserver_context


@pytest.mark.parametrize(
    "arguments, gflops",
    [
        ({"stage": "smoothed"}, 2.333),
        ({"stage": "reverse", "conditioning": "stacked"}, 4.667),
    ],
)
def test_operations_of_a_pass_are_those_that_were_counted_elsewhere(arguments, gflops):
    model = measure.make_model("mnist", compute_dtype="float32", **arguments)
    condition = Condition()
    if model.takes_x_smoothed:
        condition = Condition(tf.zeros([1, *model.event_shape]))
    flops = measure.forward_flops(model, condition)
    assert flops / 1e9 == pytest.approx(gflops, abs=0.001)


def rows_of(number, name, num_runs):
    return [{"number": number, "name": name, "half": num_runs / 2}] * 2


def die(number, num_runs):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def forks(monkeypatch):
    """Processes that start at once."""
    context = forkserver_context()
    monkeypatch.setattr(measure.multiprocessing, "get_context", lambda _: context)


@pytest.mark.usefixtures("forks")
def test_every_combination_has_its_rows(capsys):
    rows = measure.print_rows(rows_of, 3, number=(1, 2), name=("a",))
    assert rows == [*rows_of(1, "a", 3), *rows_of(2, "a", 3)]
    table = capsys.readouterr().out.splitlines()[-6:]
    assert table[0] == "| number | name | half |"
    assert table[2] == "| 1 | a | 1.5 |"


@pytest.mark.usefixtures("forks")
def test_a_process_that_dies_is_reported():
    with pytest.raises(RuntimeError, match="measured .*'number': 7.* died"):
        measure.print_rows(die, 3, number=(7,))


def test_the_peak_is_a_speed():
    assert measure.matmul_peak("float32", size=64) > 1e6
