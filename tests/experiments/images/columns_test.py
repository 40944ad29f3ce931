"""The experiment `columns`: rejected configurations, and a quick run."""

import re

import numpy as np
import pytest

from experiments.images import columns, runs
from experiments.job import Job
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays

FLAGS = (
    *("--dataset=digits", "--model=made", "--hidden_units=16", "--batch_size=32"),
    *("--baseline_hidden_units=159", "--num_importance_draws=0"),
)


def test_data_without_images_are_rejected(tmp_path):
    flags = ("--dataset=rings", "--model=made")
    with pytest.raises(ValueError, match="needs images with levels"):
        columns.run(Job(tmp_path, quick=True, flags=flags))


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--baseline_hidden_units=16"], "as many parameters as both .* within 5%"),
        (["--extractors=classifier"], "must include randconv"),
        (["--num_samples=5"], "must be at least 20"),
    ],
)
def test_columns_that_cannot_be_compared_are_not_trained(tmp_path, flags, message):
    with pytest.raises(ValueError, match=message):
        columns.run(Job(tmp_path, flags=(*FLAGS, *flags)))
    assert not list(tmp_path.iterdir())


def test_restored_images_of_a_sorted_split_are_of_several_classes():
    levels = np.repeat(np.arange(10, dtype=np.uint8), 50)
    images = np.tile(levels[:, None, None, None], (1, 4, 4, 1))
    dataset = Dataset(source_from_arrays("sorted", {"test": images}, 10))
    x = columns._draw_images(dataset, "test", 100)
    assert x.shape == (100, 4, 4, 1) and x.dtype == np.float32
    values, counts = np.unique(x[:, 0, 0, 0], return_counts=True)
    np.testing.assert_allclose(values, np.arange(10) / 4.5 - 1.0, atol=1e-6)
    assert counts.max() < 25
    # The first three are inpainted.
    np.testing.assert_array_equal(columns._draw_images(dataset, "test", 3), x[:3])
    assert len(np.unique(x[:3])) > 1


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_compares_the_four_columns(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "_QUICK_STEPS", 10)
    result = columns.run(Job(tmp_path, quick=True, flags=FLAGS))
    rows = result.tables["table"].rows
    assert [row["column"] for row in rows] == [
        "p(x~)",
        "single-step",
        "p(x|x~), two-step",
        "baseline",
    ]
    two_stage, baseline = rows[2:]
    assert two_stage["parameters"] > rows[0]["parameters"] == rows[1]["parameters"]
    assert baseline["parameters"] == pytest.approx(two_stage["parameters"], rel=0.05)
    bound, bits = two_stage["bits_per_dim"], baseline["bits_per_dim"]
    assert bound.is_bound and not bits.is_bound
    found = re.search(
        r"Baseline minus two stages: (\S+) \+- \d", result.tables["table"].notes[1]
    )
    assert float(found[1]) == pytest.approx(bits.value - bound.value, rel=0.05)
    fd_columns = ("fd", "fd_at_n", "fd_floor", "floor_5_to_95")
    assert all(name in row for row in rows for name in fd_columns)
    assert all(row["fd_at_n"].error > 0.0 and row["fd"].n for row in rows)
    assert set(result.tables["table"].directions) == {"bits_per_dim", *fd_columns[:3]}
    assert set(result.figures) == {"figure", "denoised", "inpainted"}
    assert all(png.startswith(b"\x89PNG") for png in result.figures.values())
