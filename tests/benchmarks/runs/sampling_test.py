"""The benchmark of the sampler runs, on a small model."""

import pytest

from benchmarks import measure, sizes
from benchmarks.runs import sampling
from smoothing_tf.models import PixelCNNpp


@pytest.fixture(autouse=True)
def _small_model(monkeypatch):
    monkeypatch.setitem(sizes.SIZES, "mnist", sizes.PublishedSize((4, 8, 1), 4, 1))
    monkeypatch.setattr(measure, "matmul_peak", lambda dtype: 1e12)
    # Fewer layers to trace.
    monkeypatch.setattr(PixelCNNpp, "num_resolutions", 2)


def test_a_row_compares_the_sampler_with_a_pass_per_pixel():
    (row,) = sampling.run("mnist", 3, "stacked", "bfloat16", num_runs=2)
    naive = row["full pass, s"] * 4 * 8 / 3
    assert row["per pixel, s/image"] == pytest.approx(naive)
    assert row["times faster"] == pytest.approx(naive / row["sampler, s/image"])
    assert 0 < row["of peak"] < 1 and row["first call, s"] > 0
    assert 0 < row["GiB"] < 100


@pytest.mark.large
def test_a_class_conditional_sampler_alternates_with_the_other():
    (row,) = sampling.run("mnist", 3, "classes", "float32", num_runs=1)
    assert row["sampler, s/image"] == pytest.approx(
        row["over without"] * row["without classes, s/image"]
    )
