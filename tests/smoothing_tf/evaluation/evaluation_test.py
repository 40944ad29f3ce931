"""The whole evaluation: what it writes, for every kind of model and data."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.data.subsets import DRAWN, subset_indices
from smoothing_tf.evaluation import EvaluationConfig
from smoothing_tf.stage import Stage
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_evaluation import CONFIG, SHAPE, tiny_evaluated, write_tiny
from tests.testing.tiny_models import tiny_trained


def _strict_json(path):
    def refuse(constant):
        raise AssertionError(f"{constant} in {path}")

    return json.loads(path.read_text(), parse_constant=refuse)


def _write_whole(directory):
    """Evaluates all stages by all extractors."""
    extractors = ("randconv", "classifier", "inception")
    return write_tiny(
        directory,
        trained=tiny_trained(SHAPE, tuple(Stage), num_levels=4),
        config=dataclasses.replace(CONFIG, extractors=extractors),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(directory, metrics) of a whole evaluation."""
    directory = tmp_path_factory.mktemp("whole")
    return directory, _write_whole(directory)


def test_everything_is_on_disk_and_metrics_equal_the_result(whole):
    tmp_path, metrics = whole
    assert _strict_json(tmp_path / "metrics.json") == metrics
    assert {
        "bits_per_dim",
        "bits_per_dim_iw",
        "bits_per_dim_train",
        "bits_per_dim_baseline",
        "fd_randconv",
        "fd_randconv_smoothed",
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


def _check_number(name, number):
    """It has n and an error, or the reason why it has none."""
    assert number["n"] is not None or number["value"] is None, name
    if number["value"] is None:
        assert number["reason"], name
    else:
        assert (number["se"] is None) == ("se_reason" in number), name


def test_every_number_has_its_n_an_error_and_a_direction(whole):
    tmp_path, metrics = whole
    for name, metric in metrics.items():
        if name != "run":
            assert "better" in metric["direction"] or "best" in metric["direction"]
            _check_number(name, metric)
            for other in ("floor", "held_out", "overfitting"):
                if other in metric:
                    _check_number(f"{name}, {other}", metric[other])
    overfitting = metrics["bits_per_dim_train"]["overfitting"]
    assert overfitting["found"] is False
    statement = overfitting["statement"].replace("+-", "±")
    assert statement in (tmp_path / "report.html").read_text()


def test_repeated_evaluation_gives_the_same_metrics(tmp_path, whole):
    _, first = whole
    second = _write_whole(tmp_path)
    assert first.keys() == second.keys()
    for name in ("bits_per_dim", "fd_randconv", "kid_randconv"):
        assert second[name]["value"] == pytest.approx(first[name]["value"], rel=1e-6)


def test_the_seconds_of_each_part_are_recorded(whole):
    _, metrics = whole
    seconds = metrics["run"]["seconds"]
    assert {
        "bound test",
        "bound train",
        "samples",
        "single steps",
        "features randconv reference",
        "kernel sums randconv",
        "metrics randconv samples",
        "nearest training images held-out",
        "other",
    } <= set(seconds)
    for part in seconds.values():
        assert set(part) == {"wall", "cpu"} and part["wall"] >= 0.0


def test_baseline_alone_is_evaluated(tmp_path):
    metrics = write_tiny(
        tmp_path, trained=tiny_trained(SHAPE, ("baseline",), num_levels=4)
    )
    assert "bits_per_dim_baseline" in metrics
    assert "fd_randconv_baseline" in metrics
    assert "bits_per_dim" not in metrics


def test_the_smoothed_stage_alone_gives_its_metrics(tmp_path):
    metrics = write_tiny(
        tmp_path, trained=tiny_trained(SHAPE, ("smoothed",), num_levels=4)
    )
    assert metrics["bits_per_dim"]["value"] is None
    assert "reverse stage is not trained" in metrics["bits_per_dim"]["reason"]
    density = metrics["bits_per_dim_smoothed"]
    assert (density["bound"], density["draws"], density["n"]) == (False, 1, 25)
    config = EvaluationConfig(num_samples=0, num_importance_draws=0)
    both = write_tiny(tmp_path / "both", config=config)
    assert density["value"] == pytest.approx(both["bits_per_dim"]["terms"]["smoothed"])
    assert metrics["fd_randconv_single_step"]["value"] is not None
    assert "reverse stage is not trained" in metrics["fd_randconv"]["reason"]
    assert metrics["nearest_training_distance"]["value"] is None
    assert set(np.load(tmp_path / "samples.npz")) == {"smoothed", "single_step"}
    assert "a density" in (tmp_path / "report.html").read_text()
    assert _strict_json(tmp_path / "metrics.json") == metrics


def test_smoothed_stage_alone_of_vectors(tmp_path):
    metrics = write_tiny(
        tmp_path,
        trained=tiny_trained((2,), ("smoothed",)),
        dataset=tiny_dataset((2,), None),
    )
    assert set(metrics) == {"nll", "nll_smoothed", "run"}
    assert metrics["nll_smoothed"]["unit"] == "nats"
    assert metrics["nll"]["value"] is None


def test_samples_that_are_not_finite_leave_the_likelihoods(tmp_path):
    trained = tiny_trained(SHAPE, tuple(Stage), num_levels=4)
    trained.smoothed.sample = lambda n, seed: tf.concat(
        [tf.fill([3, *SHAPE], np.inf), tf.zeros([n - 3, *SHAPE])], axis=0
    )
    metrics = write_tiny(tmp_path, trained=trained)
    assert metrics["bits_per_dim"]["value"] is not None
    for name in ("fd_randconv", "fd_randconv_single_step", "nearest_training_distance"):
        assert metrics[name]["value"] is None
        assert "its x~ has 3 of 30 non-finite examples" in metrics[name]["reason"]
    assert metrics["fd_randconv_baseline"]["value"] is not None
    assert "Train the smoothed stage" in metrics["run"]["samples_left_out"]
    assert "Train the smoothed stage" in (tmp_path / "report.html").read_text()
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == [
        "baseline.png",
        "columns.png",
        "real.png",
    ]
    assert _strict_json(tmp_path / "metrics.json") == metrics


def test_training_split_has_no_held_out_images(tmp_path):
    config = EvaluationConfig(
        num_samples=30,
        num_importance_draws=0,
        split="train",
        extractors=("randconv",),
    )
    metrics = write_tiny(tmp_path, config=config)
    for name in ("fd_randconv", "nearest_training_distance"):
        assert metrics[name]["value"] is not None
        assert metrics[name]["held_out"]["value"] is None


def test_one_class_leaves_the_other_extractors(tmp_path):
    arrays = {split: tiny_evaluated().array(split) for split in ("train", "test")}
    labels = {split: np.zeros(len(x), np.int64) for split, x in arrays.items()}
    config = EvaluationConfig(num_samples=30, num_importance_draws=0)
    metrics = write_tiny(
        tmp_path,
        config=config,
        dataset=Dataset(source_from_arrays("tiny", arrays, 4, labels)),
    )
    assert metrics["fd_randconv"]["value"] is not None
    assert "at least two classes" in metrics["fd_classifier"]["reason"]


def test_given_samples_are_scored_and_stored_as_they_are(tmp_path):
    images = np.random.Generator(np.random.PCG64(5)).integers(
        0, 256, (40, *SHAPE), dtype=np.uint8
    )
    metrics = write_tiny(tmp_path, samples={"samples": images})
    assert metrics["fd_randconv"]["n"] == 40
    np.testing.assert_array_equal(np.load(tmp_path / "samples.npz")["samples"], images)


def test_no_samples_leaves_the_likelihood(tmp_path):
    config = EvaluationConfig(num_samples=0, num_importance_draws=0)
    metrics = write_tiny(tmp_path, config=config)
    assert set(metrics) == {"bits_per_dim", "bits_per_dim_train", "run"}


def test_max_examples_takes_a_random_subset_and_says_so(tmp_path):
    config = EvaluationConfig(
        num_samples=0, max_examples=21, evaluation_batch_size=8, num_importance_draws=2
    )
    metrics = write_tiny(tmp_path, config=config)
    for name, of in (("bits_per_dim", 25), ("bits_per_dim_train", 60)):
        assert metrics[name]["n"] == 21
        assert metrics[name]["subset"] == {"size": 21, "of": of, "drawn": DRAWN}
    index = np.load(tmp_path / "per_image.npz")["index"]
    np.testing.assert_array_equal(index, np.sort(subset_indices(25, 21)))
    assert metrics["run"]["subsets"] == f"drawn {DRAWN}"


def test_extractors_that_cannot_be_had_are_null_with_a_reason(whole):
    _, metrics = whole
    assert metrics["fd_randconv"]["value"] is not None
    assert "needs labeled data" in metrics["fd_classifier"]["reason"]
    assert "--inception_dir" in metrics["fid"]["reason"]
    assert metrics["fid"]["value"] is None


def test_too_few_images_are_null_with_a_reason(tmp_path):
    metrics = write_tiny(tmp_path, dataset=tiny_evaluated(num_test=7))
    assert metrics["fd_randconv"]["value"] is None
    assert "test images: 7" in metrics["fd_randconv"]["reason"]


def test_wrong_inception_directory_fails_before_anything_is_computed(tmp_path):
    config = EvaluationConfig(
        extractors=("inception",), inception_dir=str(tmp_path / "nowhere")
    )
    with pytest.raises(FileNotFoundError, match="--inception_dir"):
        write_tiny(tmp_path / "out", config=config)
    assert not list((tmp_path / "out").iterdir())


def test_not_finite_likelihood_still_writes_a_report(tmp_path):
    config = EvaluationConfig(num_samples=0, num_importance_draws=2)
    metrics = write_tiny(
        tmp_path,
        trained=tiny_trained(SHAPE, num_levels=4, scale=float("nan")),
        config=config,
    )
    assert metrics["bits_per_dim"]["value"] is None
    assert _strict_json(tmp_path / "metrics.json") == metrics


def test_vectors_are_evaluated_without_image_metrics(tmp_path):
    metrics = write_tiny(
        tmp_path, trained=tiny_trained((2,)), dataset=tiny_dataset((2,), None)
    )
    assert set(metrics) == {"nll", "nll_iw", "nll_train", "run"}
    assert [path.name for path in (tmp_path / "samples").iterdir()] == ["points.png"]


def test_data_that_are_neither_images_nor_vectors_are_evaluated(tmp_path):
    shape = (4, 4, 1)
    metrics = write_tiny(
        tmp_path, trained=tiny_trained(shape), dataset=tiny_dataset(shape, None)
    )
    assert metrics["nll"]["value"]
    assert not any("randconv" in name for name in metrics)


def test_images_of_two_channels_are_evaluated_as_others_are(tmp_path):
    shape = (4, 4, 2)
    metrics = write_tiny(
        tmp_path, trained=tiny_trained(shape, num_levels=4), dataset=tiny_dataset(shape)
    )
    assert metrics["bits_per_dim"]["value"]
    distance = metrics["fd_randconv"]
    assert distance["value"] is None and "At least 20 images" in distance["reason"]
    assert "side by side" in metrics["run"]["pictures_and_metrics"]


def test_no_model_and_models_of_another_shape_are_errors(tmp_path):
    with pytest.raises(ValueError, match="nothing to evaluate. Train the stages"):
        write_tiny(tmp_path, trained=tiny_trained(SHAPE, ("reverse",), num_levels=4))
    with pytest.raises(ValueError, match="event shape"):
        write_tiny(tmp_path, trained=tiny_trained((2, 2, 1), num_levels=4))


def test_output_below_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is below the file"):
        write_tiny(tmp_path / "file" / "evaluation")
