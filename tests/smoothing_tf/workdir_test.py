"""Working directories: what is there, what it holds, what is missing."""

import pytest

from smoothing_tf import artifacts, workdir


def test_all_stages_present_give_both_models(run_dir, experiment, dataset):
    trained = workdir.load_trained(experiment, dataset, run_dir)
    assert trained.two_stage.smoothing.noise_scale == 0.4
    assert not trained.baseline.is_conditional
    assert trained.missing == ()


def test_a_missing_stage_is_named(tmp_path, run_dir, experiment, dataset):
    for stage in ("smoothed", "baseline"):
        (tmp_path / stage).symlink_to(run_dir / stage)
    trained = workdir.load_trained(experiment, dataset, tmp_path)
    assert trained.two_stage is None and trained.baseline is not None
    (message,) = trained.missing
    assert message.startswith("Stage reverse is not trained")


def test_an_empty_directory_says_what_to_run(tmp_path, experiment, dataset):
    with pytest.raises(FileNotFoundError, match="train first: python -m"):
        workdir.load_trained(experiment, dataset, tmp_path)
    with pytest.raises(FileNotFoundError, match="train first with"):
        workdir.load_config(tmp_path)


def test_one_process_at_a_time_writes_an_evaluation(
    tmp_path, run_dir, experiment, dataset, monkeypatch
):
    (tmp_path / "baseline").symlink_to(run_dir / "baseline")
    directory = tmp_path / "evaluation"
    leftover = directory / ".tmp-abcd1234"
    leftover.mkdir(parents=True)
    (leftover / "report.html").touch()
    monkeypatch.setattr(workdir, "write_evaluation", lambda **arguments: arguments)
    with artifacts.locked(directory):
        with pytest.raises(BlockingIOError, match="evaluation is in use by process"):
            workdir.evaluate(experiment, dataset, tmp_path)
    assert leftover.exists()
    workdir.evaluate(experiment, dataset, tmp_path)
    assert not list(directory.iterdir())
