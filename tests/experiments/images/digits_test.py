"""The digits experiment runs from end to end, and goes on where it stopped."""

import numpy as np
import pytest

from experiments.images import digits
from experiments.images import runs as image_runs
from experiments.images.histogram import IndependentHistogram
from smoothing_tf import artifacts, config
from smoothing_tf.data import open_dataset


def test_all_models_are_scored_on_the_images_of_the_evaluation(tmp_path, monkeypatch):
    index = np.array([7, 3, 250, 11])
    bits = np.array([1.0, 2.0, 4.0, 8.0])

    def evaluated(experiment, directory, stages):
        flags = config.to_flagfile(experiment)
        artifacts.write_text(directory / artifacts.FLAGS_FILE, flags)
        own = bits if directory.name == "pixelcnnpp" else 3.0 * bits
        per_image = {"index": index, "bits_per_dim": own}
        per_image["bits_per_dim_baseline"] = bits + 1.0
        return {"confidence_classifier": {"value": None}}, per_image

    monkeypatch.setattr(image_runs, "evaluated", evaluated)
    monkeypatch.setattr(image_runs, "num_parameters", lambda *args: 5)
    monkeypatch.setattr(image_runs, "columns_picture", lambda directory: b"")
    rows = digits.run(tmp_path, quick=True).tables["table"].rows
    dataset = open_dataset(config.parse(["--dataset=digits"]).data)
    histogram = IndependentHistogram(dataset.array("train"), dataset.num_levels)
    of_histogram = histogram.bits_per_dim(dataset.array("test")[index])
    np.testing.assert_allclose(
        [row["bits_per_dim"].value for row in rows],
        [3.75, 4.75, 11.25, np.mean(of_histogram)],
    )
    np.testing.assert_allclose(rows[3]["behind"].value, np.mean(of_histogram - bits))


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
