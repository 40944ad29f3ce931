"""Working directories: what is there, what it holds, what is missing."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import stages, workdir
from smoothing_tf.data.dataset import open_dataset


@pytest.fixture(scope="module")
def experiment(run_dir):
    return workdir.load_config(run_dir)


@pytest.fixture(scope="module")
def dataset(experiment):
    return open_dataset(experiment.data)


def test_loaded_weights_are_the_trained_ones(run_dir, experiment, dataset):
    fresh = stages.make_model(experiment, "smoothed", dataset)
    trained = stages.load_stage(experiment, "smoothed", dataset, run_dir / "smoothed")
    x = tf.zeros([1, 8, 8, 1])
    assert trained.log_prob(x) > fresh.log_prob(x)


def test_stages_begin_with_weights_of_their_own(experiment, dataset):
    smoothed, baseline = (
        stages.make_model(experiment, stage, dataset)
        for stage in ("smoothed", "baseline")
    )
    assert np.any(smoothed.hidden[0].kernel != baseline.hidden[0].kernel)


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
