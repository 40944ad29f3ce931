"""Which runs are trained and evaluated again, and how large models are."""

import numpy as np
import pytest

from experiments.images import runs as image_runs
from smoothing_tf import artifacts, config, workdir
from smoothing_tf.stages import make_model

FLAGS = ["--dataset=digits", "--model=made", "--hidden_units=16"]


@pytest.fixture
def evaluations(monkeypatch):
    """The directories that are evaluated, in place of evaluating them."""
    evaluated = []

    def train(experiment, dataset, directory, stages):
        artifacts.make_directory(directory)
        artifacts.write_text(directory / "flags.cfg", config.to_flagfile(experiment))
        (directory / "stages").write_text(",".join(stages))

    def evaluate(experiment, dataset, directory):
        evaluated.append(directory.name)
        folder = artifacts.make_directory(directory / workdir.EVALUATION_DIRECTORY)
        flags = config.to_flagfile(experiment).splitlines()
        run = {"flags": flags, "subsets": "drawn"}
        metrics = {"run": run, "bits_per_dim": {"value": 1.0}}
        if "baseline" in (directory / "stages").read_text():
            metrics["bits_per_dim_baseline"] = {"value": 2.0}
        artifacts.write_json(folder / "metrics.json", metrics)
        np.savez(folder / "per_image.npz", bits_per_dim=np.ones(3))

    monkeypatch.setattr(workdir, "train", train)
    monkeypatch.setattr(workdir, "evaluate", evaluate)
    return evaluated


def test_an_evaluation_is_made_once(tmp_path, evaluations):
    experiment = config.parse(FLAGS)
    for _ in range(2):
        metrics, per_image = image_runs.evaluated(
            experiment, tmp_path / "run", ("smoothed", "reverse")
        )
    assert metrics["bits_per_dim"]["value"] == 1.0
    np.testing.assert_array_equal(per_image["bits_per_dim"], np.ones(3))
    assert evaluations == ["run"]


def test_an_evaluation_by_an_earlier_version_is_repeated(tmp_path, evaluations):
    experiment = config.parse(FLAGS)
    image_runs.evaluated(experiment, tmp_path / "run", ("smoothed", "reverse"))
    path = tmp_path / "run" / workdir.EVALUATION_DIRECTORY / "metrics.json"
    metrics = artifacts.read_json(path)
    del metrics["run"]["subsets"]
    artifacts.write_json(path, metrics)
    image_runs.evaluated(experiment, tmp_path / "run", ("smoothed", "reverse"))
    assert evaluations == ["run", "run"]


def test_other_settings_or_a_baseline_are_evaluated_anew(tmp_path, evaluations):
    directory = tmp_path / "run"
    first = config.parse(FLAGS)
    image_runs.evaluated(first, directory, ("smoothed", "reverse"))
    other = config.parse([*FLAGS, "--num_samples=77"])
    image_runs.evaluated(other, directory, ("smoothed", "reverse"))
    metrics, _ = image_runs.evaluated(other, directory, artifacts.STAGES)
    assert metrics["bits_per_dim_baseline"]["value"] == 2.0
    assert evaluations == ["run"] * 3


def test_a_likelihood_that_is_not_finite_is_told_with_its_reason(
    tmp_path, evaluations, monkeypatch
):
    evaluate = workdir.evaluate

    def infinite(experiment, dataset, directory):
        evaluate(experiment, dataset, directory)
        path = directory / workdir.EVALUATION_DIRECTORY / "metrics.json"
        metrics = artifacts.read_json(path)
        metrics["bits_per_dim"] = {
            "value": None,
            "reason": "3 are not finite.",
        }
        artifacts.write_json(path, metrics)

    monkeypatch.setattr(workdir, "evaluate", infinite)
    with pytest.raises(ValueError, match="bits_per_dim of .*3 are not finite"):
        image_runs.evaluated(config.parse(FLAGS), tmp_path / "run", ("smoothed",))


def test_a_shortened_run_is_never_longer():
    flags = ["--num_samples=30", "--max_examples=7", "--reverse_num_steps=20"]
    short = image_runs.shortened(config.parse([*FLAGS, *flags]))
    num_steps = {name: s.training.num_steps for name, s in short.stages.items()}
    assert num_steps == {"smoothed": 100, "reverse": 20, "baseline": 100}
    assert short.evaluation.num_samples == 30
    assert short.evaluation.max_examples == 7
    assert short.evaluation.num_importance_draws == 2


def test_parameters_are_those_of_the_stages_together():
    experiment = config.parse(FLAGS)
    dataset = image_runs.open_images(experiment)
    counts = [
        make_model(experiment, stage, dataset).count_params()
        for stage in ("smoothed", "reverse")
    ]
    both = image_runs.num_parameters(experiment, dataset, "smoothed", "reverse")
    assert both == sum(counts) and counts[1] > counts[0] > 0


def test_points_are_no_images():
    with pytest.raises(ValueError, match="must be of images with levels"):
        image_runs.open_images(config.parse(["--dataset=rings", "--model=made"]))
