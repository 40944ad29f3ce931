"""The experiment `digits` compares models on the same images, and resumes."""

import numpy as np
import pytest

from experiments.images import digits, runs
from experiments.images.histogram import IndependentHistogram
from experiments.job import Job
from smoothing_tf.config import parse
from smoothing_tf.data import open_dataset


def test_all_models_are_scored_on_the_images_of_the_evaluation(tmp_path, monkeypatch):
    index = np.array([7, 3, 250, 11])
    bits = np.array([1.0, 2.0, 4.0, 8.0])

    def train_and_evaluate(flags, directory, stages, *, quick):
        config = parse(flags)
        own = bits if directory.name.startswith("pixelcnnpp") else 3.0 * bits
        own = own + 0.25 * config.seed
        per_image = {"index": index, "bits_per_dim": own}
        per_image["bits_per_dim_baseline"] = bits + 1.0
        metrics = {"confidence_classifier": {"value": None}}
        dataset = open_dataset(config.data)
        return runs.ImageRun(config, dataset, directory, metrics, per_image)

    monkeypatch.setattr(runs, "train_and_evaluate", train_and_evaluate)
    monkeypatch.setattr(runs, "count_parameters", lambda *args: 5)
    monkeypatch.setattr(runs.ImageRun, "columns_png", lambda self: b"")
    rows = digits.run(Job(tmp_path, quick=True)).tables["table"].rows
    dataset = open_dataset(parse(["--dataset=digits"]).data)
    histogram = IndependentHistogram(dataset.array("train"), dataset.num_levels)
    histogram_bits = histogram.bits_per_dim(dataset.array("test")[index])
    np.testing.assert_allclose(
        [row["bits_per_dim"].value for row in rows],
        [3.75, 4.75, 11.25, np.mean(histogram_bits)],
    )
    np.testing.assert_allclose(rows[3]["behind"].value, np.mean(histogram_bits - bits))
    # Three trainings, of which each has 0.25 bits more than the last.
    three = digits.run(Job(tmp_path, quick=True, num_seeds=3)).tables["table"]
    spread = 0.25 / np.sqrt(3)
    assert three.rows[0]["bits_per_dim"].value == pytest.approx(4.0)
    errors = [table["bits_per_dim"].error for table in (three.rows[0], rows[0])]
    assert errors[0] == pytest.approx(np.hypot(errors[1], spread))
    assert three.rows[1]["behind"].error == pytest.approx(spread)
    assert three.rows[0]["of each training"] == "3.7500, 4.0000, 4.2500"
    assert "3 trainings" in three.notes[1]


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_compares_the_models_and_a_second_run_only_reads(tmp_path):
    result = digits.run(Job(tmp_path, quick=True))
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
    again = digits.run(Job(tmp_path, quick=True))
    assert again.tables["table"] == table
    assert metrics.stat().st_mtime_ns == written
