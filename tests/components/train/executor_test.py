"""The train node: which stage, data, noise and configuration reach the loop."""

import pytest

from components.configure.node_inputs import make_node_inputs
from components.configure.node_settings import NodeSettings
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
        stage, make_model, dataset, smoothing, training, directory, *, seed, strategy
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
    assert model.takes_x_smoothed and model.event_shape == (4, 4, 1)
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
    # The flags of this node, without defaults of other nodes.
    assert text.splitlines() == [
        *FLAGS,
        "--dataset=directory",
        f"--data_dir={data_dir}",
        "--smoothing=gaussian",
        "--noise_scale=0.4",
    ]


def test_the_two_stages_do_not_contradict_each_other(
    calls, tmp_path, data_dir, smoothing_dir
):
    config, settings = config_lib.parse(
        [
            "--model=made",
            "--push_dir=/serving",
            "--smoothed_hidden_units=3",
            "--reverse_hidden_units=5,5",
            "--reverse_num_steps=7",
            "--max_bits_per_dim=2.0",
            "--seed=9",
        ],
        NodeSettings,
    )
    given = make_node_inputs(config, settings)._asdict()
    texts = {}
    for stage in ("smoothed", "reverse"):
        directory = tmp_path / stage
        flags = given[f"train_{stage}_flags"]
        run(directory, data_dir, smoothing_dir, stage, flags)
        texts[stage] = (directory / "model" / "flags.cfg").read_text().splitlines()
        assert texts[stage][: len(flags)] == flags
        # It describes the training exactly, down to the last setting of the stage.
        said = config_lib.parse(texts[stage])
        assert said.stages[stage] == config.stages[stage]
        assert said.run == config.run
    smoothed, reverse = (
        dict(line.removeprefix("--").split("=", 1) for line in texts[stage])
        for stage in ("smoothed", "reverse")
    )
    assert smoothed["smoothed_hidden_units"] == "3"
    assert reverse["reverse_hidden_units"] == "5,5"
    shared = {"seed", "dataset", "data_dir", "smoothing", "noise_scale"}
    assert set(smoothed) & set(reverse) == shared
    assert all(smoothed[name] == reverse[name] for name in shared)
    assert "max_bits_per_dim" not in smoothed


def test_a_missing_augment_is_named(tmp_path, data_dir):
    with pytest.raises(FileNotFoundError, match="smoothing.json"):
        run(tmp_path, data_dir, tmp_path)
