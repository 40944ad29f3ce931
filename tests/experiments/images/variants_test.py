"""Variants of a configuration: what is compared with what, and what is shared."""

import numpy as np
import pytest

from experiments.images import conditioning, precision, variants
from experiments.images import runs as image_runs
from smoothing_tf.artifacts import read_json
from smoothing_tf.training.history import History

DIGITS = ("--dataset=digits", "--model=made", "--hidden_units=16")
LEVEL = {"first": 1.0, "second": 1.25}


@pytest.fixture
def canned(monkeypatch):
    """Runs in place of trained ones: each seed has images of its own."""
    trained = []

    def evaluated(experiment, directory, stages):
        name = directory.name.partition("-")[0]
        for stage in stages:
            if not (directory / stage).exists():
                (directory / stage).mkdir(parents=True)
                row = {"step": 5, "train_nats": 1.0, "validation_bits_per_dim": 2.0}
                History(directory / stage).append(row)
                trained.append((directory.name, stage))
        images = np.random.default_rng(experiment.seed).normal(size=50)
        bits = LEVEL[name] + 10.0 * experiment.seed + images
        if name == "second":
            bits += 0.01 * np.arange(-24.5, 25.0)
        metric = {"value": bits.mean(), "se": 0.1}
        return {"bits_per_dim": metric}, {"bits_per_dim": bits}

    monkeypatch.setattr(image_runs, "evaluated", evaluated)
    return trained


def test_variants_are_paired_by_seed_and_image(tmp_path, canned):
    rows, picture = variants.run(
        tmp_path, {"first": DIGITS, "second": DIGITS}, seeds=(3, 4), quick=False
    )
    assert [(row["variant"], row["seed"]) for row in rows] == [
        ("first", 3),
        ("second", 3),
        ("first", 4),
        ("second", 4),
    ]
    assert "difference" not in rows[0] and "difference" not in rows[2]
    for row in (rows[1], rows[3]):
        np.testing.assert_allclose(row["difference"].value, 0.25, rtol=1e-6)
        # The images' own spread cancels.
        spread = 0.01 * np.std(np.arange(50), ddof=1) / np.sqrt(50)
        np.testing.assert_allclose(row["difference"].error, spread, rtol=1e-6)
    mean = variants.mean_difference(rows, "second")
    np.testing.assert_allclose((mean.value, mean.error), (0.25, 0.0), atol=1e-6)
    assert picture.startswith(b"\x89PNG")
    assert len(canned) == 8


def test_a_shared_stage_is_trained_once_for_each_seed(tmp_path, canned):
    variants.run(
        tmp_path,
        {"first": DIGITS, "second": DIGITS},
        seeds=(3, 4),
        shared_stages=("smoothed",),
        quick=False,
    )
    assert [run for run in canned if run[1] == "smoothed"] == [
        ("first-seed3", "smoothed"),
        ("first-seed4", "smoothed"),
    ]
    assert History(tmp_path / "second-seed4" / "smoothed").rows()[0]["step"] == 5


def test_data_that_are_no_images_are_rejected(tmp_path):
    with pytest.raises(ValueError, match="must be of images with levels"):
        variants.run(
            tmp_path, {"first": ["--dataset=rings", "--model=made"]}, quick=True
        )


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_compares_two_precisions(tmp_path, monkeypatch):
    monkeypatch.setattr(image_runs, "_QUICK_STEPS", 10)
    result = precision.run(tmp_path, quick=True, flags=DIGITS)
    float32, bfloat16 = result.tables["table"].rows
    # Not the same numbers, but close to them.
    assert 0 < abs(bfloat16["difference"].value) < 0.05
    assert bfloat16["difference"].error < 0.2 * float32["bits_per_dim"].error


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_compares_two_conditionings_of_one_size(tmp_path, monkeypatch):
    monkeypatch.setattr(image_runs, "_QUICK_STEPS", 10)
    flags = ["--dataset=digits", "--model=pixelcnnpp", "--num_filters=16"]
    flags += ["--num_resnet=1", "--num_mixtures=2", "--batch_size=32"]
    result = conditioning.run(tmp_path, quick=True, flags=flags)
    table = result.tables["table"]
    assert all(criterion.holds for criterion in table.criteria)
    assert [row["variant"] for row in table.rows] == ["features", "stacked"]
    runs = [tmp_path / f"{row['variant']}-seed0" for row in table.rows]
    for row, run in zip(table.rows, runs, strict=True):
        flags = (run / "flags.cfg").read_text()
        assert f"--reverse_conditioning={row['variant']}\n" in flags
    first, second = (
        read_json(run / "evaluation" / "metrics.json")["bits_per_dim"] for run in runs
    )
    assert first["terms"]["smoothed"] == pytest.approx(second["terms"]["smoothed"])
    assert first["terms"]["reverse"] != second["terms"]["reverse"]
