"""The train node: which stage, data, noise and configuration reach the loop."""

import pytest

from components.train import executor
from smoothing_tf import config as config_lib
from smoothing_tf.training.history import History

FLAGS = ["--seed=5", "--reverse_model=made", "--reverse_num_steps=3"]


def run(tmp_path, data_dir, smoothing_dir, stage="reverse", flags=FLAGS):
    return executor.run(
        stage=stage,
        flags=flags,
        data_dir=data_dir,
        smoothing_dir=smoothing_dir,
        output_dir=tmp_path / "model",
    )


@pytest.fixture
def calls(monkeypatch):
    calls = []

    def train_stage(
        stage, make_model, dataset, smoothing, training, directory, *, seed
    ):
        calls.append((stage, make_model(), dataset, smoothing, training, seed))
        for step in (1, 2):
            History(directory).append({"step": step, "train_nats": 4.0 / step})

    monkeypatch.setattr(executor, "train_stage", train_stage)
    return calls


def test_a_stage_is_trained_on_ingested_data_with_the_resolved_noise(
    calls, tmp_path, data_dir, smoothing_dir
):
    result = run(tmp_path, data_dir, smoothing_dir)
    ((stage, model, dataset, smoothing, training, seed),) = calls
    assert stage == "reverse" and seed == 5
    assert model.is_conditional and model.event_shape == (4, 4, 1)
    assert dataset.num_examples["train"] == 24
    assert smoothing.noise_scale == 0.4
    assert training.num_steps == 3
    assert result == {"step": 2, "train_nats": 2.0}


def test_the_stage_directory_says_how_it_was_made(
    calls, tmp_path, data_dir, smoothing_dir
):
    run(tmp_path, data_dir, smoothing_dir)
    text = (tmp_path / "model" / "flags.cfg").read_text()
    config = config_lib.parse(text.splitlines())
    assert config.stages["reverse"].training.num_steps == 3
    assert config.smoothing.noise_scale == 0.4


def test_a_missing_augment_is_named(tmp_path, data_dir):
    with pytest.raises(FileNotFoundError, match="smoothing.json"):
        run(tmp_path, data_dir, tmp_path)
