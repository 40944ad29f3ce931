import numpy as np
import pytest

from smoothing_tf.evaluation import floors as floors_module
from smoothing_tf.evaluation.floors import Floors


def _reference(n=200, d=4):
    return np.random.Generator(np.random.PCG64(0)).normal(size=(n, d))


@pytest.mark.parametrize("name", ["fd", "kid", "precision", "recall"])
def test_quantiles_are_in_order_around_the_median(name):
    floor = Floors(_reference())(name, 50)
    low, middle, high = (floor["quantiles"][q] for q in ("0.05", "0.5", "0.95"))
    assert low < middle < high
    assert floor["value"] == middle
    assert (floor["n"], floor["repeats"]) == (50, 20)
    assert floor["se"] is None and "quantiles" in floor["se_reason"]


def test_sets_are_disjoint_and_of_random_rows():
    reference = np.arange(40.0)[:, None]
    pairs = list(Floors(reference)._pairs(20, 3))
    for first, second in pairs:
        assert set(first[:, 0]) | set(second[:, 0]) == set(range(40))
        assert set(first[:, 0]) != set(range(20))
    assert not np.array_equal(pairs[0][0], pairs[1][0])


def test_sets_that_are_stored_in_an_order_make_no_difference():
    # Halves of a sorted set are far apart; random ones are not.
    reference = np.sort(_reference(400, 1), axis=0)
    floor = Floors(reference)("fd", 200)
    assert floor["quantiles"]["0.95"] < 0.1


def test_twice_gives_the_same_and_a_pair_is_measured_once(monkeypatch):
    calls = []

    def measure(x, y):
        calls.append(len(x))
        return float(np.mean(x))

    monkeypatch.setitem(floors_module._MEASURES, "fd", (measure, lambda n, d: 1.0))
    floors = Floors(_reference())
    assert floors("fd", 30) == floors("fd", 30) == Floors(_reference())("fd", 30)
    assert calls == 2 * [30] * 20


def test_slow_metrics_are_repeated_less_often():
    monkeypatched = Floors(_reference(40, 3))
    assert monkeypatched("fd", 20)["repeats"] == 20
    operations = floors_module._MEASURES["fd"][1]
    assert operations(10_000, 2048) * 5 > floors_module._MAX_OPERATIONS
    assert operations(1_000, 128) * 20 < floors_module._MAX_OPERATIONS


def test_sizes_leave_two_disjoint_sets():
    floors = Floors(_reference(31))
    assert floors.size(100) == floors.neighbor_size(100) == 15
    assert floors.size(7) == 7
