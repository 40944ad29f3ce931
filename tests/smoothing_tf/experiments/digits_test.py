"""The digits experiment runs from end to end, and goes on where it stopped."""

import pytest

from smoothing_tf.experiments import digits


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_compares_the_models_and_a_second_one_only_reads(tmp_path):
    result = digits.run(tmp_path, quick=True)
    table = result.tables["table"]
    assert [row["model"] for row in table.rows] == [
        "two-stage PixelCNN++",
        "PixelCNN++ on clean data",
        "two-stage MADE",
        "histogram of each pixel",
    ]
    assert len(table.criteria) == 6
    assert result.figures["figure"].startswith(b"\x89PNG")
    metrics = tmp_path / "pixelcnnpp" / "evaluation" / "metrics.json"
    written = metrics.stat().st_mtime_ns
    again = digits.run(tmp_path, quick=True)
    assert again.tables["table"] == table
    assert metrics.stat().st_mtime_ns == written
