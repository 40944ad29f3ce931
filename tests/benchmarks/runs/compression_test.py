"""The benchmark of the codec runs, on tiny models."""

import pytest

import smoothing_tf.workdir
from benchmarks.runs import compression
from tests.testing.tiny_codecs import made_trained

pytest.importorskip("constriction")


@pytest.mark.parametrize("stage", ["baseline", "two_stage"])
def test_a_row_compares_the_codec_with_the_sampler(monkeypatch, stage):
    monkeypatch.setattr(smoothing_tf.workdir, "load", lambda workdir: made_trained())
    (row,) = compression.run("run", 6, 4, stage, num_runs=1)
    for name in ("encode", "decode"):
        seconds = row[f"{name}, s/image"]
        assert row[f"{name} / sample"] == pytest.approx(
            seconds / row["sample, s/image"]
        )
