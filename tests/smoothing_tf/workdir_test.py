"""Working directories: their stages, their contents, and missing parts."""

import dataclasses

import numpy as np
import pytest

from smoothing_tf import artifacts, config, workdir
from smoothing_tf.config import configure
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.noise_scale import median_distance_noise_scale
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.stage import TWO_STAGES


def test_all_stages_present_give_both_models(run_dir, experiment, dataset):
    trained = workdir.load_trained(experiment, dataset, run_dir)
    assert trained.two_stage.smoothing.noise_scale == 0.4
    assert not trained.baseline.takes_x_smoothed
    assert trained.num_levels == 17


def test_a_missing_stage_is_named(tmp_path, run_dir, experiment, dataset, capsys):
    for stage in ("smoothed", "baseline"):
        (tmp_path / stage).symlink_to(run_dir / stage)
    trained = workdir.load_trained(experiment, dataset, tmp_path)
    assert not trained.has_two_stage and trained.baseline is not None
    workdir.say_missing_stages(trained, tmp_path)
    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith("Stage reverse is not trained")
    with pytest.raises(FileNotFoundError, match="Stage reverse must be trained in"):
        workdir.load_trained(experiment, dataset, tmp_path, TWO_STAGES)


def test_an_empty_directory_says_what_to_run(tmp_path, experiment, dataset):
    with pytest.raises(FileNotFoundError, match="train first: python -m"):
        workdir.load_trained(experiment, dataset, tmp_path)
    with pytest.raises(FileNotFoundError, match="train first with"):
        workdir.load_config(tmp_path)


def test_an_automatic_noise_scale_is_that_of_the_run_it_resumes(
    tmp_path, run_dir, experiment, dataset
):
    smoothing = dataclasses.replace(experiment.smoothing, noise_scale=None)
    automatic = dataclasses.replace(experiment, smoothing=smoothing)
    resumed = workdir.resolve(automatic, run_dir, dataset=dataset)
    assert resumed.smoothing.noise_scale == 0.4
    for fresh in (tmp_path, tmp_path / "missing"):
        resolved = workdir.resolve(automatic, fresh, dataset=dataset)
        assert resolved.smoothing.noise_scale == median_distance_noise_scale(dataset)


def test_training_on_columns_of_very_different_spread_warns(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(workdir, "train_stage", lambda *args, **kwargs: None)
    x = np.random.default_rng(0).normal(size=(40, 2)) * [0.0026, 569.0]
    arrays = {split: x.astype(np.float32) for split in ("train", "validation")}
    table = Dataset(source_from_arrays("table", arrays, None))
    flags = ["--dataset=rings", "--model=made", "--noise_scale=41"]
    for stages, expected in ((["smoothed"], 1), (["baseline"], 0)):
        workdir.train(config.parse(flags), table, tmp_path, stages)
        lines = capsys.readouterr().err.splitlines()
        assert len([line for line in lines if line.startswith("warning:")]) == expected


def test_one_process_at_a_time_writes_an_evaluation(
    tmp_path, run_dir, experiment, dataset, monkeypatch
):
    (tmp_path / "baseline").symlink_to(run_dir / "baseline")
    directory = tmp_path / "evaluation"
    leftover = directory / ".tmp-abcd1234"
    leftover.mkdir(parents=True)
    (leftover / "report.html").touch()
    monkeypatch.setattr(workdir, "write_evaluation", lambda *_, **arguments: arguments)
    with artifacts.locked(directory):
        with pytest.raises(BlockingIOError, match="evaluation is in use by process"):
            workdir.evaluate(experiment, dataset, tmp_path)
    assert leftover.exists()
    workdir.evaluate(experiment, dataset, tmp_path)
    assert not list(directory.iterdir())


def test_a_run_is_trained_and_loaded_from_python(tmp_path):
    config = configure(dataset="rings", model="made", hidden_units=4, num_steps=2)
    trained = workdir.fit(config, tmp_path, ["smoothed"])
    assert list(trained.models) == ["smoothed"] and trained.num_levels is None
    assert trained.smoothing.noise_scale > 0
    loaded = workdir.load(tmp_path)
    for mine, theirs in zip(trained.smoothed.weights, loaded.smoothed.weights):
        np.testing.assert_array_equal(mine, theirs)
    # The noise scale and the steps of the directory stand for "auto".
    again = workdir.fit(config, tmp_path, ["smoothed"])
    assert again.smoothing.noise_scale == trained.smoothing.noise_scale


def test_a_stage_that_does_not_exist_is_rejected_first(tmp_path):
    with pytest.raises(ValueError, match="`stages` must be one of baseline, reverse"):
        workdir.fit(configure(), tmp_path / "run", ["smooth"])
    assert not (tmp_path / "run").exists()


def test_what_is_not_a_configuration_or_a_directory_is_not_trained(tmp_path):
    with pytest.raises(TypeError, match="`config` must be a configuration.*got 'run'"):
        workdir.fit("run", configure())
    with pytest.raises(TypeError, match="`stages` must be a sequence of names"):
        workdir.fit(configure(), tmp_path / "run", "smoothed")
    with pytest.raises(ValueError, match="`workdir` must name a directory"):
        workdir.fit(configure(), "")
    assert not list(tmp_path.iterdir())


def test_a_model_that_does_not_fit_the_data_is_refused_before_any_stage_is_trained(
    tmp_path, dataset
):
    config = configure(dataset="digits", model="realnvp", num_steps=1)
    with pytest.raises(ValueError, match="RealNVP is a density of continuous data"):
        workdir.train(config, dataset, tmp_path / "run", ["smoothed", "reverse"])
    assert not (tmp_path / "run").exists()


def test_a_directory_without_a_run_is_not_loaded(tmp_path):
    with pytest.raises(FileNotFoundError, match="No flags.cfg in"):
        workdir.load(tmp_path)
