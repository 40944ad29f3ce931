"""Likelihoods of standardized data in the units of the file."""

import math

import pytest

from smoothing_tf.evaluation.headline import headline
from smoothing_tf.evaluation.raw_units import in_raw_units
from smoothing_tf.evaluation.report import render_report
from smoothing_tf.standardization import Standardization

_SCALE = Standardization(("a", "b"), (5.0, -1.0), (20.0, 0.01))
_LOG_VOLUME = math.log(20.0) + math.log(0.01)


def _metric(value):
    return {
        "value": value,
        "se": 0.01,
        "n": 10,
        "bound": True,
        "k": 1,
        "draws": 1,
        "split": "test",
        "unit": "nats",
    }


def test_every_likelihood_of_x_is_converted_with_and_without_the_class():
    names = ("nll", "nll_iw", "nll_marginal", "nll_baseline", "nll_baseline_marginal")
    metrics = {name: _metric(i + 0.25) for i, name in enumerate(names)}
    metrics["nll_smoothed"] = _metric(9.0)
    metrics["class_accuracy"] = _metric(0.5)
    raw = in_raw_units(metrics, _SCALE)
    assert list(raw) == [f"{name}_raw_units" for name in names]
    for i, metric in enumerate(raw.values()):
        assert metric["value"] == pytest.approx(i + 0.25 + _LOG_VOLUME, rel=1e-12)
    metrics |= raw
    shown = headline(metrics)
    report = render_report(
        title="table",
        metrics=metrics,
        pictures={},
        histories={},
        flags_text="",
        facts={},
    )
    assert all(f"{name}_raw_units <= " in shown for name in names)
    assert report.count("in the units of the file") == len(names)


def test_data_in_their_own_units_have_no_other():
    metrics = {"nll": _metric(1.0)}
    assert in_raw_units(metrics, None) == {}
    assert "scale" not in metrics["nll"]
