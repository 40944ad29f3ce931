"""The evaluate node: plain numbers, files at their places, the blessing."""

import json
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds

from components.evaluate import executor
from components.predecessor import Predecessor
from components.served_versions import digest_of
from tests.testing.served_bounds import write_served
from tests.testing.tiny_data import write_directory

METRICS = {
    "bits_per_dim": {"value": np.float64(2.5), "se": 0.01, "n": 7, "terms": {}},
    "fd_randconv": {"value": 12, "se": None},
    "fid": {"value": None, "se": None, "reason": "No Inception."},
    "run": {"seed": 0, "flags": []},
}


@pytest.fixture
def run(monkeypatch, tmp_path, data_dir, smoothing_dir):
    np.savez(tmp_path / "samples.npz", samples=np.zeros([3, 4, 4, 1], np.uint8))
    given = {}

    def write_evaluation(trained, dataset, *, directory, **arguments):
        given.update(arguments)
        directory.mkdir()
        (directory / "report.html").write_text("<html>")
        return METRICS | arguments["more_metrics"]

    monkeypatch.setattr(executor, "write_evaluation", write_evaluation)
    monkeypatch.setattr(executor.stages, "load_stages", lambda *_: "trained")

    def run(max_bits_per_dim="none", data_dir=data_dir, predecessor="", model_dir=""):
        shutil.rmtree(tmp_path / "evaluation", ignore_errors=True)
        return given, executor.run(
            flags=[
                "--seed=3",
                "--num_draws=2",
                "--model=made",
                f"--max_bits_per_dim={max_bits_per_dim}",
            ],
            data_dir=data_dir,
            smoothing_dir=smoothing_dir,
            stage_dirs={"smoothed": tmp_path, "reverse": tmp_path},
            samples_dir=tmp_path,
            output_dir=tmp_path / "evaluation",
            metrics_file=tmp_path / "metrics",
            report_file=tmp_path / "report",
            predecessor=predecessor,
            model_dir=model_dir,
        )

    return run


def test_the_evaluation_gets_the_generated_samples_and_its_configuration(run, data_dir):
    given, _ = run(2.5)
    assert given["samples"]["samples"].shape == (3, 4, 4, 1)
    assert given["config"].num_draws == 2
    assert given["seed"] == 3
    assert given["histories"] == {"smoothed": [], "reverse": []}
    assert given["flags_text"].splitlines() == [
        "--seed=3",
        "--num_draws=2",
        "--model=made",
        "--max_bits_per_dim=2.5",
        "--dataset=directory",
        f"--data_dir={data_dir}",
        "--smoothing=gaussian",
        "--noise_scale=0.4",
    ]


def test_the_numbers_are_plain_and_finite_and_on_disk(run, tmp_path):
    _, (_, numbers) = run()
    expected = {"bits_per_dim": 2.5, "bits_per_dim_se": 0.01, "fd_randconv": 12.0}
    assert numbers == expected
    assert all(type(number) is float for number in numbers.values())
    assert json.loads((tmp_path / "metrics").read_text()) == expected
    assert (tmp_path / "report").read_text() == "<html>"


@pytest.mark.parametrize(
    "threshold, blessed", [("none", True), (2.5, True), (2.4, False)]
)
def test_the_threshold_decides(run, threshold, blessed):
    assert run(threshold)[1][0] is blessed


def test_a_threshold_in_bits_is_refused_for_vectors(run, tmp_path):
    vectors = write_directory(
        tmp_path / "vectors",
        {"x": tfds.features.Tensor(shape=(2,), dtype=np.float32)},
        {"train": [{"x": np.zeros(2, np.float32)}]},
    )
    with pytest.raises(ValueError, match="`max_bits_per_dim` must be none for data"):
        run(2.0, vectors)
    assert run("none", vectors)[1][0]


def test_the_blessing_says_why_also_in_the_report(run, tmp_path):
    given, _ = run(2.4)
    assert given["bless"](METRICS) == (
        False,
        ("The bound, 2.5 bits per dimension, is above --max_bits_per_dim=2.4.",),
    )
    assert json.loads((tmp_path / "evaluation" / "blessing.json").read_text()) == {
        "blessed": False,
        "reasons": [
            "The bound, 2.5 bits per dimension, is above --max_bits_per_dim=2.4."
        ],
    }


def test_without_a_version_the_other_rules_decide_and_the_report_says_so(run, tmp_path):
    predecessor = Predecessor("/models", 0.0).to_text()
    given, (blessed, _) = run(predecessor=predecessor)
    assert blessed and given["more_metrics"] == given["more_seconds"] == {}
    assert given["more_facts"]["compared_with"] == "no version in /models yet"
    reasons = json.loads((tmp_path / "evaluation" / "blessing.json").read_text())
    assert reasons["reasons"][1].startswith("There is nothing to compare with: /models")
    assert not run(2.4, predecessor=predecessor)[1][0]


def test_a_comparison_is_timed_and_shows_its_progress(run, tmp_path, capsys):
    model = write_served(tmp_path / "1")
    served = Predecessor("/models", 0.0, str(model), digest_of(str(model)))
    given, (blessed, _) = run(predecessor=served.to_text(), model_dir=model)
    assert blessed and given["more_metrics"]["bits_per_dim_regression"]["is_same"]
    assert list(given["more_seconds"]) == [
        "comparison test",
        "loading of the compared models",
    ]
    assert "comparison test: 100%" in capsys.readouterr().err


def test_a_refused_comparison_takes_no_evaluation(run, tmp_path):
    version = Predecessor("/models", 0.0, str(tmp_path / "3"), "of its files").to_text()
    with pytest.raises((ValueError, OSError), match="/3"):
        run(predecessor=version)
    assert not (tmp_path / "evaluation").exists()
