"""Runs are evaluated once unless something changed, and models are counted."""

import numpy as np
import pytest

from experiments.images import runs
from smoothing_tf import artifacts, workdir
from smoothing_tf.config import parse, to_flagfile
from smoothing_tf.stage import Stage
from smoothing_tf.stages import make_model

FLAGS = ["--dataset=digits", "--model=made", "--hidden_units=16"]


@pytest.fixture
def evaluations(monkeypatch):
    """Records the names of evaluated directories instead of evaluating them."""
    evaluated = []

    def train(config, dataset, directory, stages):
        artifacts.make_directory(directory)
        artifacts.write_text(directory / "flags.cfg", to_flagfile(config))
        (directory / "stages").write_text(",".join(stages))

    def evaluate(config, dataset, directory):
        evaluated.append(directory.name)
        folder = artifacts.make_directory(directory / workdir.EVALUATION_DIRECTORY)
        flags = to_flagfile(config).splitlines()
        run = {"flags": flags, "subsets": "drawn"}
        metrics = {"run": run, "bits_per_dim": {"value": 1.0}}
        if "baseline" in (directory / "stages").read_text():
            metrics["bits_per_dim_baseline"] = {"value": 2.0}
        artifacts.write_json(folder / "metrics.json", metrics)
        np.savez(folder / "per_image.npz", bits_per_dim=np.ones(3))

    monkeypatch.setattr(workdir, "train", train)
    monkeypatch.setattr(workdir, "evaluate", evaluate)
    return evaluated


def run(directory, *flags, stages=("smoothed", "reverse")):
    return runs.train_and_evaluate([*FLAGS, *flags], directory, stages, quick=False)


def test_an_evaluation_is_made_once(tmp_path, evaluations):
    for _ in range(2):
        image_run = run(tmp_path / "run")
    assert image_run.metrics["bits_per_dim"]["value"] == 1.0
    np.testing.assert_array_equal(image_run.per_image["bits_per_dim"], np.ones(3))
    assert evaluations == ["run"]


def test_an_evaluation_by_an_earlier_version_is_repeated(tmp_path, evaluations):
    run(tmp_path / "run")
    path = tmp_path / "run" / workdir.EVALUATION_DIRECTORY / "metrics.json"
    metrics = artifacts.read_json(path)
    del metrics["run"]["subsets"]
    artifacts.write_json(path, metrics)
    run(tmp_path / "run")
    assert evaluations == ["run", "run"]


def test_other_settings_or_a_new_baseline_are_evaluated_again(tmp_path, evaluations):
    directory = tmp_path / "run"
    run(directory)
    run(directory, "--num_samples=77")
    metrics = run(directory, "--num_samples=77", stages=tuple(Stage)).metrics
    assert metrics["bits_per_dim_baseline"]["value"] == 2.0
    assert evaluations == ["run"] * 3


def test_a_likelihood_that_is_not_finite_is_reported_with_its_reason(
    tmp_path, evaluations, monkeypatch
):
    evaluate = workdir.evaluate

    def infinite(config, dataset, directory):
        evaluate(config, dataset, directory)
        path = directory / workdir.EVALUATION_DIRECTORY / "metrics.json"
        metrics = artifacts.read_json(path)
        metrics["bits_per_dim"] = {
            "value": None,
            "reason": "3 are not finite.",
        }
        artifacts.write_json(path, metrics)

    monkeypatch.setattr(workdir, "evaluate", infinite)
    with pytest.raises(ValueError, match="bits_per_dim of .*3 are not finite"):
        run(tmp_path / "run", stages=("smoothed",))


def test_a_shortened_run_is_never_longer():
    flags = ["--num_samples=30", "--max_examples=7", "--reverse_num_steps=20"]
    short = runs.shorten(parse([*FLAGS, *flags]))
    num_steps = {name: s.training.num_steps for name, s in short.stages.items()}
    assert num_steps == {"smoothed": 100, "reverse": 20, "baseline": 100}
    assert short.evaluation.num_samples == 30
    assert short.evaluation.max_examples == 7
    assert short.evaluation.num_importance_draws == 2


def test_a_quick_run_is_shortened(tmp_path, evaluations):
    directory = tmp_path / "run"
    quick = runs.train_and_evaluate(FLAGS, directory, ("smoothed",), quick=True)
    assert quick.config == runs.shorten(parse(FLAGS))


def test_parameters_are_those_of_the_stages_together():
    config = parse(FLAGS)
    dataset = runs.open_images(config)
    counts = [
        make_model(config, stage, dataset).count_params()
        for stage in ("smoothed", "reverse")
    ]
    both = runs.count_parameters(config, dataset, "smoothed", "reverse")
    assert both == sum(counts) and counts[1] > counts[0] > 0


def test_data_without_images_are_rejected():
    with pytest.raises(ValueError, match="needs images with levels"):
        runs.open_images(parse(["--dataset=rings", "--model=made"]))
