"""The benchmark of the training step runs, on a small model."""

import pytest

from benchmarks import measure, training


def test_stages_are_compared_with_the_smoothed_one(monkeypatch):
    monkeypatch.setitem(measure.SIZES, "mnist", measure.PublishedSize((4, 8, 1), 4, 1))
    monkeypatch.setattr(measure, "matmul_peak", lambda dtype: 1e12)
    rows = training.run("mnist", "bfloat16", num_runs=2)
    assert [row["stage"] for row in rows] == ["smoothed", "reverse", "reverse, stacked"]
    smoothed, reverse, stacked = rows
    assert smoothed["step / smoothed"] == 1.0
    for row in rows:
        ratio = row["step, s"] / smoothed["step, s"]
        assert row["step / smoothed"] == pytest.approx(ratio)
        assert 0 < row["step of peak"] < 1 and 0 < row["forward of peak"] < 1
    assert reverse["parameters"] > smoothed["parameters"] == stacked["parameters"]
