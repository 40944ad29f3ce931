"""The benchmark of the training step runs, on a tiny model."""

import pytest

from benchmarks import measure
from benchmarks.runs import training
from tests.testing.tiny_models import TinyModel


def test_stages_are_compared_with_the_smoothed_one(monkeypatch):
    def make_model(setting, stage, **_):
        return TinyModel((4, 8, 1), takes_x_smoothed=stage == "reverse")

    monkeypatch.setattr(measure, "make_model", make_model)
    monkeypatch.setattr(measure, "forward_flops", lambda *_: 1e3)
    monkeypatch.setattr(measure, "matmul_peak", lambda dtype: 1e12)
    monkeypatch.setattr(training, "has_torch", lambda: False)
    rows = training.run("mnist", "float32", num_runs=2)
    assert [row["stage"] for row in rows] == ["smoothed", "reverse", "reverse, stacked"]
    smoothed = rows[0]
    assert smoothed["step / smoothed"] == 1.0
    for row in rows:
        ratio = row["step, s"] / smoothed["step, s"]
        assert row["step / smoothed"] == pytest.approx(ratio)
        assert 0 < row["step of peak"] < 1 and 0 < row["forward of peak"] < 1
        # A location and a scale per pixel, and the gain.
        assert row["parameters"] == 2 * 32 + 1
