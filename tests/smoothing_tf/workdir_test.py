"""Working directories: what is there, what it holds, what is missing."""

import pytest

from smoothing_tf import workdir


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
