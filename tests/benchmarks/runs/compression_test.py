"""The benchmark of the codec runs, on tiny models."""

import pytest

import smoothing_tf.workdir
from benchmarks.runs import compression
from smoothing_tf.smoothing import Uniform
from tests.testing.tiny_codecs import made_trained

pytest.importorskip("constriction")

_WORK = ("sample", "encode", "decode")


@pytest.mark.parametrize("stage", ["baseline", "two_stage"])
def test_a_row_compares_the_codec_with_the_sampler(monkeypatch, stage):
    trained = made_trained(Uniform(0.4))
    monkeypatch.setattr(smoothing_tf.workdir, "load", lambda workdir: trained)
    (row,) = compression.run("run", 3, 2, stage, num_runs=1)
    seconds = {name: row[f"{name}, s/image"] for name in _WORK}
    assert all(value > 0 for value in seconds.values())
    for name in _WORK[1:]:
        ratio = seconds[name] / seconds["sample"]
        assert row[f"{name} / sample"] == pytest.approx(ratio)
    assert row["stage"] == stage and row["images"] == 3
