"""Parts of a computation are computed once, however often it is interrupted."""

import math

import numpy as np
import pytest

from smoothing_tf import partial_arrays
from smoothing_tf.parts import Parts


class _Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def save_every_batch(monkeypatch):
    monkeypatch.setattr(partial_arrays, "SAVE_SECONDS", 0.0)


def _squares(parts, computed, *, total=10, stop=math.inf):
    """Computes i^2 and i in batches of 3; is killed before example `stop`."""
    with parts.partial_arrays("squares of i", total) as arrays:
        for start in range(arrays.num_done, total, 3):
            if start >= stop:
                raise _Killed
            i = np.arange(start, min(start + 3, total))
            computed.extend(i)
            arrays.append({"i": i, "square": i[:, None] ** 2})
    return arrays.arrays


def test_interrupted_arrays_continue_after_their_last_batch(tmp_path):
    computed = []
    for stop in (0, 3, 9, math.inf, math.inf):
        try:
            arrays = _squares(Parts(tmp_path), computed, stop=stop)
        except _Killed:
            assert stop < math.inf
    assert computed == list(range(10))
    expected = _squares(Parts(), [])
    for name in ("i", "square"):
        np.testing.assert_array_equal(arrays[name], expected[name], strict=True)


def test_arrays_are_stored_once_a_minute_and_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(partial_arrays, "SAVE_SECONDS", 60.0)
    clock = iter([0.0, 20.0, 59.0, 61.0, 61.0, 62.0])
    monkeypatch.setattr(partial_arrays.time, "monotonic", lambda: next(clock))
    sizes = []

    def save(arrays, is_complete):
        sizes.append((len(arrays["x"]), is_complete))

    arrays = partial_arrays.PartialArrays({}, False, save, lambda number: None)
    for _ in range(4):
        arrays.append({"x": np.zeros([2, 5])})
    arrays.finish()
    assert sizes == [(6, False), (8, True)]


def test_no_examples_are_complete(tmp_path):
    for _ in range(2):
        with Parts(tmp_path).partial_arrays("nothing", 0) as arrays:
            pass
        assert arrays.arrays == {} and arrays.is_complete


def test_values_and_arrays_are_computed_once(tmp_path):
    calls = []

    def compute(result):
        calls.append(result)
        return result

    for _ in range(2):
        parts = Parts(tmp_path)
        value = parts.value("a value", lambda: compute({"x": (0.1, None)}))
        assert value == {"x": [0.1, None]}
        arrays = parts.arrays("some arrays", lambda: compute({"w": np.eye(3)}))
        np.testing.assert_array_equal(arrays["w"], np.eye(3))
        assert parts.arrays("no arrays", lambda: compute({})) == {}
    assert len(calls) == 3


def test_without_a_directory_everything_is_computed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    computed, parts = [], Parts()
    for _ in range(2):
        _squares(parts, computed)
        assert parts.value("value", lambda: 3) == 3
    assert len(computed) == 20
    assert not list(tmp_path.iterdir())


def test_a_damaged_part_is_computed_again(tmp_path):
    parts = Parts(tmp_path)
    _squares(parts, [])
    parts.value("value", lambda: 3)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-5])
    computed = []
    parts = Parts(tmp_path)
    assert _squares(parts, computed)["i"].tolist() == computed == list(range(10))
    assert parts.value("value", lambda: 4) == 4


def test_the_seconds_of_a_part_are_those_of_all_processes(tmp_path):
    with pytest.raises(_Killed):
        _squares(Parts(tmp_path), [], stop=6)
    with np.load(tmp_path / "squares_of_i.npz") as stored:
        before = stored["_seconds"]
    assert np.all(before > 0.0)
    np.savez(
        tmp_path / "squares_of_i.npz",
        i=np.arange(6),
        square=np.arange(6)[:, None] ** 2,
        _seconds=np.array([100.0, 200.0]),
        _is_complete=np.array(False),
    )
    for _ in range(2):
        parts = Parts(tmp_path)
        _squares(parts, [])
        seconds = parts.seconds
        assert 100.0 <= seconds["squares of i"]["wall"] < 101.0
        assert 200.0 <= seconds["squares of i"]["cpu"] < 201.0
        assert seconds["other"]["wall"] < 1.0


def test_progress_bars_are_shown_on_request(capsys):
    for progress in (False, True):
        parts = Parts(progress=progress)
        with parts.partial_arrays("bars", 2, first_step="compiling") as arrays:
            arrays.append({"x": np.zeros(2)})
        shown = capsys.readouterr().err
        assert ("bars: 100%" in shown and "compiling" in shown) == progress
