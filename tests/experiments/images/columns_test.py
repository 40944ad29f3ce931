"""The experiment `columns`: rejected configurations, and a quick run."""

import re

import numpy as np
import pytest

from experiments.images import columns, runs
from experiments.job import Job
from smoothing_tf.config import parse
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


def made_up_run(seed, fd):
    floor = {"value": 0.1, "value_at_n": fd, "n": 5, "repeats": 3}
    floor |= {"se_at_n": 0.03, "se_reference_at_n": 0.02}
    floor["quantiles"] = {"0.05": 0.05, "0.95": 0.2}
    distance = {"value": fd, "se": 0.03, "n": 10, "n_reference": 20, "seed": seed}
    distance["se_reference"] = 0.02
    distance |= {"floor": floor, "reference_split": "train", "held_out": {}}
    distance |= {"extractor": {"id": "randconv", "sha256": "0" * 64}}
    images = np.random.default_rng(0).normal(3.0, 0.2, 100)
    return runs.ImageRun(
        parse([*FLAGS, f"--seed={seed}"]),
        None,
        None,
        {
            "bits_per_dim": {"n": 100, "split": "test"},
            "fd_randconv": distance,
            "fd_randconv_baseline": distance,
        },
        {"bits_per_dim": images + fd, "bits_per_dim_baseline": images + 3.0 * fd},
    )


def test_a_table_of_several_trainings_has_means_and_the_spread():
    several = [made_up_run(seed, fd) for seed, fd in enumerate((0.1, 0.2, 0.6))]
    counts = dict.fromkeys(("smoothed", "reverse", "baseline"), 5)
    one, three = (columns._make_table(runs, counts) for runs in (several[:1], several))
    spread = np.std([0.1, 0.2, 0.6], ddof=1) / np.sqrt(3)
    row, alone = three.rows[2], one.rows[2]
    assert row["fd"].value == pytest.approx(0.3)
    assert row["fd"].error == pytest.approx(np.hypot(0.02, spread))
    assert row["fd_at_n"].error == row["fd"].error
    assert alone["fd"].error == pytest.approx(0.03)
    assert row["bits_per_dim"].is_bound
    bits = np.hypot(alone["bits_per_dim"].error, spread)
    assert row["bits_per_dim"].error == pytest.approx(bits)
    # The images cancel in the difference, the spread over trainings does not.
    assert f"Baseline minus two stages: {0.6:.1f} +- {2 * spread:.1f}" in three.notes[1]
    assert "3 trainings" in three.notes[-1] and "One training" in one.notes[-1]
    assert columns._make_trainings_table(several[:1]) == {}
    rows = columns._make_trainings_table(several)["trainings"].rows
    assert [row["seed"] for row in rows] == [0, 1, 2]
    assert [row["fd, baseline"].value for row in rows] == [0.1, 0.2, 0.6]


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
    steps = [row["step"] for row in result.tables["single_steps"].rows]
    assert len(steps) == 7 and steps.count("none") == 2
    assert set(result.figures) == {"figure", "denoised", "inpainted", "single_steps"}
    assert all(png.startswith(b"\x89PNG") for png in result.figures.values())
