"""The benchmark of the first draw runs, on a small model."""

import pytest

from benchmarks import sizes
from benchmarks.runs import first_sample
from smoothing_tf.models import PixelCNNpp


@pytest.mark.parametrize("source", ["python", "saved_model"])
def test_a_row_tells_the_first_draw_from_later_ones(monkeypatch, source):
    monkeypatch.setitem(sizes.SIZES, "mnist", sizes.PublishedSize((4, 4, 1), 2, 1))
    monkeypatch.setattr(PixelCNNpp, "num_resolutions", 1)
    (row,) = first_sample.run("mnist", 3, "smoothed", source, num_runs=1)
    assert row["first draw, CPU s"] > row["later draw, CPU s"] > 0
    assert row["operations"] > 100
