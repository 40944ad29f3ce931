"""Variants of a configuration are paired by seed and image, and share stages."""

import re

import numpy as np
import pytest

from experiments.images import conditioning, precision, runs, variants
from experiments.job import Job
from experiments.report.table import Measurement
from smoothing_tf.artifacts import read_json
from smoothing_tf.config import parse
from smoothing_tf.training.history import History

DIGITS = ("--dataset=digits", "--model=made", "--hidden_units=16")
LEVEL = {"first": 1.0, "second": 1.25}


@pytest.fixture
def canned(monkeypatch):
    """Makes up the runs; every seed has its own images."""
    trained = []

    def train_and_evaluate(flags, directory, stages, *, quick):
        config = parse(flags)
        name = directory.name.partition("-")[0]
        for stage in stages:
            if not (directory / stage).exists():
                (directory / stage).mkdir(parents=True)
                row = {"step": 5, "train_nats": 1.0, "validation_bits_per_dim": 2.0}
                History(directory / stage).append(row)
                trained.append((directory.name, stage))
        images = np.random.default_rng(config.seed).normal(size=50)
        bits = LEVEL[name] + 10.0 * config.seed + images
        if name == "second":
            bits += 0.01 * np.arange(-24.5, 25.0)
        return runs.ImageRun(
            config,
            runs.open_images(config),
            directory,
            {"bits_per_dim": {"value": bits.mean(), "se": 0.1}},
            {"bits_per_dim": bits},
        )

    monkeypatch.setattr(runs, "train_and_evaluate", train_and_evaluate)
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
        # The spread of the images cancels.
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


def test_data_without_images_are_rejected(tmp_path):
    with pytest.raises(ValueError, match="needs images with levels"):
        variants.run(
            tmp_path, {"first": ["--dataset=rings", "--model=made"]}, quick=True
        )


@pytest.mark.parametrize(
    "num_seeds, note",
    [(1, "One seed: nothing is known"), (2, r"over 2 seeds.* \(1 degree of freedom\)")],
)
def test_precisions_are_compared_from_the_seed_of_the_run_on(
    tmp_path, monkeypatch, num_seeds, note
):
    def run(directory, variants, *, seeds, quick):
        assert list(seeds) == [4, 5][:num_seeds]
        difference = [Measurement(0.01 * seed, 0.003) for seed in seeds]
        bound = Measurement(1.7, 0.02, is_bound=True)
        rows = [
            {"variant": "bfloat16", "bits_per_dim": bound, "difference": one}
            for one in difference
        ]
        return rows, b""

    monkeypatch.setattr(variants, "run", run)
    job = Job(tmp_path, flags=(*DIGITS, "--seed=4"), num_seeds=num_seeds)
    notes = precision.run(job).tables["table"].notes
    assert re.search(note, notes[1])


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_compares_two_precisions(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "_QUICK_STEPS", 10)
    result = precision.run(Job(tmp_path, quick=True, flags=DIGITS))
    float32, bfloat16 = result.tables["table"].rows
    # The numbers are close, but not the same.
    assert 0 < abs(bfloat16["difference"].value) < 0.05
    assert bfloat16["difference"].error < 0.2 * float32["bits_per_dim"].error


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_compares_two_conditionings_of_one_size(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "_QUICK_STEPS", 10)
    flags = (
        *("--dataset=digits", "--model=pixelcnnpp", "--num_filters=16"),
        *("--num_resnet=1", "--num_mixtures=2", "--batch_size=32"),
    )
    result = conditioning.run(Job(tmp_path, quick=True, flags=flags))
    table = result.tables["table"]
    assert all(criterion.holds for criterion in table.criteria)
    assert [row["variant"] for row in table.rows] == ["features", "stacked"]
    directories = [tmp_path / f"{row['variant']}-seed0" for row in table.rows]
    for row, directory in zip(table.rows, directories, strict=True):
        resolved = (directory / "flags.cfg").read_text()
        assert f"--reverse_conditioning={row['variant']}\n" in resolved
    first, second = (
        read_json(directory / "evaluation" / "metrics.json")["bits_per_dim"]
        for directory in directories
    )
    assert first["terms"]["smoothed"] == pytest.approx(second["terms"]["smoothed"])
    assert first["terms"]["reverse"] != second["terms"]["reverse"]
