"""The accelerators that a node was given choose its strategy."""

import pytest
import tensorflow as tf

from components.train import accelerators, check_accelerators, executor
from smoothing_tf.training.history import History
from smoothing_tf.training.strategies import STRATEGIES
from tests.testing.strategies import mirrored

FLAGS = [
    "--seed=5",
    "--smoothed_model=made",
    "--smoothed_hidden_units=8",
    "--smoothed_num_mixtures=2",
    "--smoothed_num_steps=2",
    "--smoothed_batch_size=8",
]


def given(monkeypatch, value):
    monkeypatch.setenv("SMOOTHING_TF_ACCELERATORS", value)


def test_without_accelerators_the_strategy_stays_the_current_one(monkeypatch):
    monkeypatch.delenv("SMOOTHING_TF_ACCELERATORS", raising=False)
    assert accelerators.make_strategy() is None


def test_several_accelerators_are_replicas(monkeypatch):
    # The tests have two logical CPUs in place of them.
    given(monkeypatch, "nvidia.com/gpu=2")
    strategy = accelerators.make_strategy()
    assert isinstance(strategy, tf.distribute.MirroredStrategy)
    assert strategy.num_replicas_in_sync == 2


def test_one_accelerator_is_one_device(monkeypatch):
    given(monkeypatch, "nvidia.com/gpu=1")
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: ["GPU:0"])
    strategy = accelerators.make_strategy()
    assert strategy.num_replicas_in_sync == 1
    assert not isinstance(strategy, tf.distribute.MirroredStrategy)


@pytest.mark.parametrize("count", [1, 8])
def test_an_image_that_cannot_use_them_is_one_line(monkeypatch, count):
    given(monkeypatch, f"nvidia.com/gpu={count}")
    message = f"given {count} nvidia.com/gpu, but TensorFlow sees 0 GPUs. Use an image"
    with pytest.raises(RuntimeError, match=message):
        accelerators.make_strategy()
    with pytest.raises(RuntimeError, match=message):
        check_accelerators.main([])


def test_accelerators_that_tensorflow_sees_pass_the_check(monkeypatch):
    given(monkeypatch, "nvidia.com/gpu=2")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind] * 2)
    check_accelerators.main([])


def test_the_node_trains_on_all_of_them(
    monkeypatch, tmp_path, data_dir, smoothing_dir, capsys
):
    def train(name, *flags):
        row = executor.run(
            stage="smoothed",
            flags=[*FLAGS, *flags],
            data_dir=data_dir,
            smoothing_dir=smoothing_dir,
            output_dir=tmp_path / name,
        )
        assert History(tmp_path / name).rows()[-1] == row
        return row["train_nats"]

    one = train("one")
    assert "1 replica," in capsys.readouterr().err
    given(monkeypatch, "nvidia.com/gpu=2")
    monkeypatch.setitem(STRATEGIES, "mirrored", mirrored)
    two = train("two", "--smoothed_micro_batch_size=2")
    assert "2 replicas," in capsys.readouterr().err
    # The batch is divided among them, so that the loss is that of one device.
    assert two == pytest.approx(one, rel=1e-4)


def test_accelerators_that_cannot_share_the_steps_write_nothing(
    monkeypatch, tmp_path, data_dir, smoothing_dir
):
    given(monkeypatch, "nvidia.com/gpu=2")
    monkeypatch.setitem(STRATEGIES, "mirrored", mirrored)
    with pytest.raises(ValueError, match="`jit_compile` must be false with 2 replicas"):
        executor.run(
            stage="smoothed",
            flags=[*FLAGS, "--smoothed_jit_compile"],
            data_dir=data_dir,
            smoothing_dir=smoothing_dir,
            output_dir=tmp_path / "model",
        )
    assert not (tmp_path / "model").exists()


def test_a_node_without_its_accelerators_writes_nothing(
    monkeypatch, tmp_path, data_dir, smoothing_dir
):
    given(monkeypatch, "nvidia.com/gpu=8")
    with pytest.raises(RuntimeError, match="was given 8"):
        executor.run(
            stage="smoothed",
            flags=FLAGS,
            data_dir=data_dir,
            smoothing_dir=smoothing_dir,
            output_dir=tmp_path / "model",
        )
    assert not (tmp_path / "model").exists()
