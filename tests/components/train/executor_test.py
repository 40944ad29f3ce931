"""The train node: which stage, data, noise and configuration reach the loop."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from components.configure.node_inputs import make_node_inputs
from components.configure.node_settings import NodeSettings
from components.train import checkpoint_root, executor
from smoothing_tf import artifacts
from smoothing_tf import config as config_lib
from smoothing_tf.training.checkpoints import Checkpoints
from smoothing_tf.training.history import History
from tests.testing.training_nodes import FLAGS as RESUMED_FLAGS

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
        stage, make_model, dataset, smoothing, training, directory, *, seed, **_
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


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A root of checkpoints that outlives a run."""
    root = tmp_path / "root"
    monkeypatch.setenv(checkpoint_root.CHECKPOINT_ROOT_VARIABLE, str(root))
    return root


def checkpoint(model_dir, step):
    reader = tf.train.load_checkpoint(str(model_dir / "checkpoints" / f"ckpt-{step}"))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if not name.startswith("_CHECKPOINTABLE")
    }


def test_a_training_that_another_run_resumes_ends_with_the_same_weights(
    tmp_path, data_dir, smoothing_dir, root, monkeypatch, capsys
):
    with monkeypatch.context() as without_root:
        without_root.delenv(checkpoint_root.CHECKPOINT_ROOT_VARIABLE)
        run(tmp_path / "whole", data_dir, smoothing_dir, flags=RESUMED_FLAGS)

    save = Checkpoints.save

    def save_and_stop(checkpoints, step):
        save(checkpoints, step)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "first", data_dir, smoothing_dir, flags=RESUMED_FLAGS)
    assert not (tmp_path / "first" / "model").exists()

    # The second run has ingested the data again.
    shutil.copytree(data_dir, tmp_path / "data")
    assert "resuming" not in capsys.readouterr().err
    result = run(
        tmp_path / "second", tmp_path / "data", smoothing_dir, flags=RESUMED_FLAGS
    )
    assert "resuming at step 2." in capsys.readouterr().err
    whole, second = tmp_path / "whole" / "model", tmp_path / "second" / "model"
    assert result == History(whole).rows()[-1]
    assert History(second).rows() == History(whole).rows()
    ours, theirs = checkpoint(second, 4), checkpoint(whole, 4)
    assert ours.keys() == theirs.keys() and len(ours) > 10
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
    text = (second / "flags.cfg").read_text()
    assert f"--data_dir={tmp_path / 'data'}\n" in text
    assert {path.name for path in second.iterdir()} == {
        "checkpoints",
        "flags.cfg",
        "history.jsonl",
        "started.json",
        "tensorboard",
    }

    # The second run may have ended before it recorded the success.
    assert (
        run(tmp_path / "third", data_dir, smoothing_dir, flags=RESUMED_FLAGS) == result
    )
    assert "all 4 steps are already done" in capsys.readouterr().err
    third = checkpoint(tmp_path / "third" / "model", 4)
    for name in theirs:
        np.testing.assert_array_equal(third[name], theirs[name], err_msg=name)


def test_the_result_is_kept_until_the_run_has_recorded_it(
    calls, tmp_path, data_dir, smoothing_dir, root
):
    run(tmp_path, data_dir, smoothing_dir)
    (directory,) = root.iterdir()
    assert History(directory).rows() == History(tmp_path / "model").rows()
    checkpoint_root.remove_finished(root)
    assert directory.exists()
    checkpoint_root.remove_finished(root, older_than=0.0)
    assert not directory.exists()


def test_a_node_first_removes_what_a_killed_one_was_removing(
    calls, tmp_path, data_dir, smoothing_dir, root, monkeypatch
):
    artifacts.write_text(root / ".removed-old1234" / "checkpoints" / "ckpt-2", "part")
    monkeypatch.setattr(executor, "remove_finished", lambda _: None)
    run(tmp_path, data_dir, smoothing_dir)
    assert not list(root.glob(".removed-*"))


def test_a_training_that_runs_elsewhere_is_waited_for(
    calls, tmp_path, data_dir, smoothing_dir, root, monkeypatch, capsys
):
    locked, waits = artifacts.locked, []

    def busy(directory):
        if len(waits) < 2:
            assert not (directory / "flags.cfg").exists()
            raise BlockingIOError("The directory is in use by process 7.")
        return locked(directory)

    monkeypatch.setattr(executor.artifacts, "locked", busy)
    monkeypatch.setattr(executor.time, "sleep", waits.append)
    run(tmp_path, data_dir, smoothing_dir)
    assert len(calls) == 1 and waits == [executor._POLL_SECONDS] * 2
    assert capsys.readouterr().err.count("waiting, because The directory is in") == 1


def test_no_other_node_removes_a_training_while_it_is_published(
    calls, tmp_path, data_dir, smoothing_dir, root, monkeypatch
):
    publish = executor.publish

    def publish_twice(directory, output_dir, flags_text):
        publish(directory, tmp_path / "before", flags_text)
        checkpoint_root.remove_finished(root, older_than=0.0)
        publish(directory, output_dir, flags_text)

    monkeypatch.setattr(executor, "publish", publish_twice)
    run(tmp_path, data_dir, smoothing_dir)
    assert [step["step"] for step in History(tmp_path / "model").rows()] == [1, 2]
    assert not artifacts.is_locked(next(root.iterdir()))


def test_a_training_that_was_removed_meanwhile_starts_in_a_new_directory(
    calls, tmp_path, data_dir, smoothing_dir, root, monkeypatch
):
    locked, removed = artifacts.locked, []

    def remove_once(directory):
        if not removed:
            removed.append(directory)
            directory.rmdir()
        return locked(directory)

    monkeypatch.setattr(executor.artifacts, "locked", remove_once)
    run(tmp_path, data_dir, smoothing_dir)
    assert len(calls) == 1 and (removed[0] / "finished").exists()
