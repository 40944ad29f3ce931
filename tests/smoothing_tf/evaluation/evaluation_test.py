import json

import numpy as np
import pytest

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.evaluation import EvaluationConfig, write_evaluation
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.smoothing import Gaussian
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import make_tiny_model

SHAPE = (4, 4, 1)
CONFIG = EvaluationConfig(
    num_samples=30,
    num_importance_draws=2,
    evaluation_batch_size=20,
    extractors=("randconv",),
)


def _two_stage(shape=SHAPE, **kwargs):
    return TwoStageModel(
        Gaussian(0.3),
        make_tiny_model("smoothed", shape, **kwargs),
        make_tiny_model("reverse", shape),
    )


def _dataset(num_test=25):
    rng = np.random.Generator(np.random.PCG64(0))
    arrays = {
        split: rng.integers(4, size=(n, *SHAPE), dtype=np.uint8)
        for split, n in (("train", 60), ("validation", 20), ("test", num_test))
    }
    return Dataset(source_from_arrays("tiny", arrays, 4, None))


def _write(directory, **changes):
    arguments = {
        "two_stage": _two_stage(),
        "dataset": _dataset(),
        "config": CONFIG,
        "flags_text": "--seed=3\n--dataset=tiny\n",
        "histories": {"smoothed": [{"step": 1, "train_bits_per_dim": 4.0}]},
        "seed": 3,
        "directory": directory,
        "progress": False,
    }
    return write_evaluation(**(arguments | changes))


def _strict_json(path):
    def refuse(constant):
        raise AssertionError(f"{constant} in {path}")

    return json.loads(path.read_text(), parse_constant=refuse)


def test_everything_is_on_disk_and_metrics_are_what_was_returned(tmp_path):
    baseline = make_tiny_model("baseline", SHAPE)
    metrics = _write(tmp_path, baseline=baseline)
    assert _strict_json(tmp_path / "metrics.json") == metrics
    assert {
        "bits_per_dim",
        "bits_per_dim_iw",
        "bits_per_dim_train",
        "bits_per_dim_baseline",
        "fd_randconv",
        "fd_randconv_single_step",
        "fd_randconv_baseline",
        "kid_randconv",
        "precision_randconv",
        "recall_randconv",
        "nearest_training_distance",
    } <= set(metrics)
    assert metrics["run"]["seed"] == 3
    assert metrics["run"]["flags"] == ["--seed=3", "--dataset=tiny"]
    assert {"tensorflow", "keras", "numpy", "python"} <= set(metrics["run"])
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == [
        "baseline.png",
        "columns.png",
        "real.png",
        "samples.png",
        "single_step.png",
        "smoothed.png",
    ]
    samples = np.load(tmp_path / "samples.npz")
    assert samples["samples"].shape == (30, *SHAPE)
    assert set(np.unique(samples["samples"])) <= {0, 85, 170, 255}
    assert samples["smoothed"].dtype == np.float32
    per_image = np.load(tmp_path / "per_image.npz")
    assert per_image["bits_per_dim"].mean() == metrics["bits_per_dim"]["value"]
    assert per_image["bits_per_dim_baseline"].shape == (25,)
    statistics = np.load(tmp_path / "feature_statistics.npz")
    assert statistics["randconv_samples_mean"].shape == (128,)
    html = (tmp_path / "report.html").read_text()
    assert "--dataset=tiny" in html


def test_repeated_evaluation_gives_the_same_metrics(tmp_path):
    first = _write(tmp_path)
    second = _write(tmp_path)
    assert first.keys() == second.keys()
    for name in ("bits_per_dim", "fd_randconv", "kid_randconv"):
        assert second[name]["value"] == pytest.approx(first[name]["value"], rel=1e-6)


def test_metrics_are_written_last_and_stale_ones_removed_first(tmp_path, monkeypatch):
    _write(tmp_path)

    def fail(**_):
        raise RuntimeError("full disk")

    monkeypatch.setattr("smoothing_tf.evaluation.evaluation.render_report", fail)
    with pytest.raises(RuntimeError, match="full disk"):
        _write(tmp_path)
    assert not (tmp_path / "metrics.json").exists()


def test_baseline_alone_is_evaluated(tmp_path):
    metrics = _write(
        tmp_path, two_stage=None, baseline=make_tiny_model("baseline", SHAPE)
    )
    assert "bits_per_dim_baseline" in metrics
    assert "fd_randconv_baseline" in metrics
    assert "bits_per_dim" not in metrics


def test_given_samples_are_scored_and_stored_as_they_are(tmp_path):
    images = np.random.Generator(np.random.PCG64(5)).integers(
        0, 256, (40, *SHAPE), dtype=np.uint8
    )
    metrics = _write(tmp_path, samples={"samples": images})
    assert metrics["fd_randconv"]["n"] == 40
    np.testing.assert_array_equal(np.load(tmp_path / "samples.npz")["samples"], images)


def test_no_samples_leaves_the_likelihood(tmp_path):
    config = EvaluationConfig(num_samples=0, num_importance_draws=0)
    metrics = _write(tmp_path, config=config)
    assert set(metrics) == {"bits_per_dim", "bits_per_dim_train", "run"}


def test_max_examples_takes_the_first_ones(tmp_path):
    config = EvaluationConfig(
        num_samples=0, max_examples=21, evaluation_batch_size=8, num_importance_draws=2
    )
    metrics = _write(tmp_path / "some", config=config)
    assert metrics["bits_per_dim"]["n"] == metrics["bits_per_dim_train"]["n"] == 21
    _write(tmp_path / "all")
    some, everything = (
        np.load(tmp_path / name / "per_image.npz")["bits_per_dim"]
        for name in ("some", "all")
    )
    np.testing.assert_allclose(some, everything[:21], atol=1e-6)


def test_extractors_that_cannot_be_had_are_null_with_a_reason(tmp_path):
    config = EvaluationConfig(
        num_samples=30,
        num_importance_draws=0,
        extractors=("randconv", "classifier", "inception"),
    )
    metrics = _write(tmp_path, config=config)
    assert metrics["fd_randconv"]["value"] is not None
    assert "without labels" in metrics["fd_classifier"]["reason"]
    assert "--inception_dir" in metrics["fid"]["reason"]
    assert metrics["fid"]["value"] is None


def test_too_few_images_are_null_with_a_reason(tmp_path):
    metrics = _write(tmp_path, dataset=_dataset(num_test=7))
    assert metrics["fd_randconv"]["value"] is None
    assert "test images: 7" in metrics["fd_randconv"]["reason"]


def test_wrong_inception_directory_fails_before_anything_is_computed(tmp_path):
    config = EvaluationConfig(
        extractors=("inception",), inception_dir=str(tmp_path / "nowhere")
    )
    with pytest.raises(FileNotFoundError, match="--inception_dir"):
        _write(tmp_path / "out", config=config)
    assert not list((tmp_path / "out").iterdir())


def test_not_finite_likelihood_still_writes_a_report(tmp_path):
    config = EvaluationConfig(num_samples=0, num_importance_draws=2)
    metrics = _write(tmp_path, two_stage=_two_stage(scale=float("nan")), config=config)
    assert metrics["bits_per_dim"]["value"] is None
    assert _strict_json(tmp_path / "metrics.json") == metrics


def test_vectors_are_evaluated_without_image_metrics(tmp_path):
    metrics = _write(
        tmp_path, two_stage=_two_stage((2,)), dataset=tiny_dataset((2,), None)
    )
    assert set(metrics) == {"nll", "nll_iw", "nll_train", "run"}
    assert [path.name for path in (tmp_path / "samples").iterdir()] == ["points.png"]


def test_no_model_and_models_of_another_shape_are_errors(tmp_path):
    with pytest.raises(ValueError, match="got neither"):
        _write(tmp_path, two_stage=None)
    with pytest.raises(ValueError, match="event shape"):
        _write(tmp_path, two_stage=_two_stage((2, 2, 1)))


def test_output_below_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="lies below the file"):
        _write(tmp_path / "file" / "evaluation")
