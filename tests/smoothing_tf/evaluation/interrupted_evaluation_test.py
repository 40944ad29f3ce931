"""An evaluation that is interrupted, and one that follows another."""

import dataclasses

import pytest

from smoothing_tf import artifacts, partial_arrays
from smoothing_tf.artifacts import read_json
from smoothing_tf.evaluation.evaluation import PARTS_DIRECTORY
from smoothing_tf.stage import Stage
from tests.testing.tiny_evaluation import CONFIG, FEW, SHAPE, contents, write_tiny
from tests.testing.tiny_models import tiny_trained


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    directory = tmp_path_factory.mktemp("evaluated")
    write_tiny(directory, config=FEW)
    return directory


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("model_likelihoods", RuntimeError),
        ("draw_samples", KeyboardInterrupt),
        ("render_report", RuntimeError),
        ("write_png", KeyboardInterrupt),
        ("artifacts.write_json", OSError),
    ],
)
def test_what_fails_leaves_the_former_evaluation_whole(
    evaluated, monkeypatch, step, error
):
    before = contents(evaluated)

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(f"smoothing_tf.evaluation.evaluation.{step}", fail)
    with pytest.raises(error):
        write_tiny(evaluated, config=FEW, seed=4)
    assert contents(evaluated) == before


def _without_seconds(metrics):
    run = {name: fact for name, fact in metrics["run"].items() if name != "seconds"}
    return {**metrics, "run": run}


class _Killed(BaseException):
    pass


def _fail(*_, **__):
    raise RuntimeError


def test_an_evaluation_that_is_killed_resumes_with_the_same_numbers(
    tmp_path, monkeypatch, capsys
):
    arguments = {
        "trained": tiny_trained(SHAPE, tuple(Stage), num_levels=4),
        "config": dataclasses.replace(CONFIG, num_draws=2),
    }
    expected = write_tiny(tmp_path / "at_once", **arguments)
    monkeypatch.setattr(partial_arrays, "SAVE_SECONDS", 0.0)
    atomic_file, budget = artifacts.atomic_file, 0

    def atomic_file_within_budget(path):
        nonlocal budget
        if not budget:
            raise _Killed
        budget -= 1
        return atomic_file(path)

    monkeypatch.setattr(artifacts, "atomic_file", atomic_file_within_budget)
    directory = tmp_path / "killed"
    directory.mkdir()
    (directory / "metrics.json").write_text("earlier")
    metrics, kills = None, 0
    while metrics is None:
        # Enough for the files that are written at the end, but for one.
        budget = 11
        try:
            metrics = write_tiny(directory, **arguments)
        except _Killed:
            kills += 1
            assert (directory / "metrics.json").read_text() == "earlier"
            assert set(contents(directory)) == {"metrics.json"}
    assert kills >= 3
    assert capsys.readouterr().err.count("Resuming the evaluation") == kills
    assert _without_seconds(metrics) == _without_seconds(expected)
    assert set(contents(directory)) == set(contents(tmp_path / "at_once"))
    assert not (directory / PARTS_DIRECTORY).exists()


def test_finished_parts_are_not_computed_again(tmp_path, monkeypatch):
    trained = tiny_trained(SHAPE, tuple(Stage), num_levels=4)
    with monkeypatch.context() as patch:
        patch.setattr("smoothing_tf.evaluation.evaluation.render_report", _fail)
        with pytest.raises(RuntimeError):
            write_tiny(tmp_path, trained=trained)
    for model in trained.models.values():
        model.sample = model.log_prob = _fail
    for name in (
        "extractors.randconv.RandConv.features_and_logits",
        "feature_sets.KernelDistanceTo",
        "feature_sets.Floors",
        "memorization.nearest_training_distances",
    ):
        monkeypatch.setattr(f"smoothing_tf.evaluation.{name}", _fail)
    metrics = write_tiny(tmp_path, trained=trained)
    assert metrics["fd_randconv"]["value"] is not None


@pytest.mark.usefixtures("eager")
def test_parts_of_another_evaluation_are_not_used(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("smoothing_tf.evaluation.evaluation.render_report", _fail)
        with pytest.raises(RuntimeError):
            write_tiny(tmp_path, config=FEW, seed=4)
    (parts,) = (tmp_path / PARTS_DIRECTORY).iterdir()
    metrics = write_tiny(tmp_path, config=FEW, seed=5)
    expected = write_tiny(tmp_path / "other", config=FEW, seed=5)
    assert _without_seconds(metrics) == _without_seconds(expected)
    assert not parts.exists()


def test_files_of_an_earlier_evaluation_are_replaced(tmp_path, evaluated):
    write_tiny(
        tmp_path, config=FEW, trained=tiny_trained(SHAPE, tuple(Stage), num_levels=4)
    )
    assert (tmp_path / "samples" / "baseline.png").exists()
    (tmp_path / "notes.txt").write_text("mine")
    write_tiny(tmp_path, config=FEW)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert set(contents(tmp_path)) == {*contents(evaluated), "notes.txt"}
    assert "bits_per_dim_baseline" not in read_json(tmp_path / "metrics.json")
