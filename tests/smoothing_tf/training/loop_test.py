import math
import random
import resource
import signal
import socket
import time

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from smoothing_tf.training import (
    TrainingConfig,
    restore_stage,
    write_initial_state,
)
from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.history import History
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import TinyModel, make_tiny_model
from tests.testing.train_tiny import start_process, train


def state(directory):
    """Reads every number of the newest checkpoint, by name."""
    reader = tf.train.load_checkpoint(str(directory / "checkpoints"))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if name.endswith("VARIABLE_VALUE")
    }


def assert_same_state(a, b):
    a, b = state(a), state(b)
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def assert_close_weights(a, b, tolerance=1e-4):
    """Compares all but the window of the curve and the number of saves."""
    a, b = state(a), state(b)
    assert a.keys() == b.keys()
    for name in a:
        if name.split("/")[0] in ("weights", "averaged", "optimizer", "step"):
            np.testing.assert_allclose(
                a[name], b[name], rtol=tolerance, atol=tolerance / 10, err_msg=name
            )


class Interrupted(Exception):
    pass


def interrupt_before_save(monkeypatch, number, exception=Interrupted):
    """Makes the `number`-th checkpoint raise instead."""
    save, calls = CheckpointFiles.write, []

    def interrupted_save(*args, **kwargs):
        calls.append(None)
        if len(calls) == number:
            raise exception
        return save(*args, **kwargs)

    monkeypatch.setattr(CheckpointFiles, "write", interrupted_save)


def test_resumed_run_equals_an_uninterrupted_one_bitwise(
    tmp_path, finished, monkeypatch
):
    with monkeypatch.context() as context:
        interrupt_before_save(context, 2)
        with pytest.raises(Interrupted):
            train(tmp_path / "resumed")
    assert state(tmp_path / "resumed")["step/.ATTRIBUTES/VARIABLE_VALUE"] == 3
    assert [row["step"] for row in History(tmp_path / "resumed").rows()] == [2, 4, 6]
    train(tmp_path / "resumed")
    assert_same_state(finished, tmp_path / "resumed")
    rows = History(finished).rows()
    assert [row["step"] for row in rows] == [2, 4, 6]
    assert History(tmp_path / "resumed").rows() == rows


def test_micro_batches_resume_with_the_same_bits(tmp_path):
    train(tmp_path / "resumed", num_steps=3, micro_batch_size=2)
    for name in ("resumed", "straight"):
        train(tmp_path / name, micro_batch_size=2)
    assert_same_state(tmp_path / "resumed", tmp_path / "straight")


def test_only_a_new_run_initializes_from_its_first_batch(tmp_path, monkeypatch):
    batches = []

    def initialize_from(model, x, condition=None):
        batches.append((x, condition.x_smoothed))

    monkeypatch.setattr(TinyModel, "initialize_from", initialize_from)
    train(tmp_path / "one", num_steps=3)
    train(tmp_path / "one", num_steps=6)
    ((x, x_smoothed),) = batches
    assert x.shape == x_smoothed.shape == (4, 4, 4, 1)
    train(tmp_path / "two", num_steps=3)
    np.testing.assert_array_equal(batches[1], (x, x_smoothed))


def test_a_checkpoint_of_step_0_is_taken_as_it_is(tmp_path):
    write_initial_state(
        "reverse",
        lambda: make_tiny_model("reverse", (4, 4, 1), scale=3.0),
        TrainingConfig(batch_size=4),
        tmp_path,
        seed=1,
    )
    train(tmp_path, num_steps=1, learning_rate=1e-12)
    model, given = (make_tiny_model("reverse", (4, 4, 1), scale=3.0) for _ in range(2))
    assert restore_stage(model, tmp_path) == 1
    # In particular not adjusted to the first batch.
    np.testing.assert_allclose(model.loc, given.loc, atol=1e-6)
    np.testing.assert_allclose(model.log_scale, given.log_scale, atol=1e-6)


# Often enough that a kill lands between two checkpoints.
LONGER = dict(
    learning_rate=0.01,
    steps_per_call=4,
    log_every=4,
    validate_every=25,
    checkpoint_every=7,
)


def test_killed_run_ends_with_the_same_bits(tmp_path):
    arguments = LONGER | dict(num_steps=150)
    killed = start_process(tmp_path / "killed", **arguments)
    # A random moment in steps, as machines differ in speed.
    checkpoint = random.SystemRandom().randrange(1, 15) * 7
    delay = random.SystemRandom().uniform(0.0, 0.02)

    def saved_steps():
        indices = (tmp_path / "killed/checkpoints").glob("ckpt-*.index")
        return [int(path.stem.removeprefix("ckpt-")) for path in indices]

    while max(saved_steps(), default=0) < checkpoint:
        assert killed.is_alive()
        time.sleep(0.001)
    time.sleep(delay)
    killed.kill()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL, (checkpoint, delay)
    resumed = start_process(tmp_path / "killed", **arguments)
    train(tmp_path / "straight", **arguments)
    resumed.join()
    assert resumed.exitcode == 0, (checkpoint, delay)
    assert_same_state(tmp_path / "straight", tmp_path / "killed")
    assert (
        History(tmp_path / "straight").path.read_bytes()
        == History(tmp_path / "killed").path.read_bytes()
    )


def test_two_workers_give_the_weights_of_one(tmp_path):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(2)]
    hosts = [f"localhost:{s.getsockname()[1]}" for s in sockets]
    for s in sockets:
        s.close()
    arguments = LONGER | dict(num_steps=20, dropout=0.0)
    workers = []
    for index in range(2):
        task = {"type": "worker", "index": index}
        cluster = {"cluster": {"worker": hosts}, "task": task}
        workers.append(start_process(tmp_path / "workers", cluster, **arguments))
    train(tmp_path / "one", **arguments)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert_close_weights(tmp_path / "workers", tmp_path / "one")
    # One of them writes the curve, so that no row is there twice.
    steps = [row["step"] for row in History(tmp_path / "workers").rows()]
    assert steps == [4, 8, 12, 16, 20]


def test_more_steps_continue_a_finished_run(tmp_path, finished):
    train(tmp_path / "straight", num_steps=9)
    train(finished, num_steps=9)
    assert_close_weights(tmp_path / "straight", finished, tolerance=0.0)


def test_finished_run_returns_at_once_and_says_so(finished, capsys):
    before = state(finished)
    train(finished, progress=True)
    assert "all 6 steps are already done" in capsys.readouterr().err
    np.testing.assert_equal(state(finished), before)


def test_fewer_steps_than_are_done_are_rejected(finished):
    before, rows = state(finished), History(finished).rows()
    with pytest.raises(ValueError) as error:
        train(finished, num_steps=4)
    message = str(error.value)
    assert "`num_steps` must be at least 6" in message and "got 4" in message
    assert str(finished) in message and "\n" not in message
    np.testing.assert_equal(state(finished), before)
    assert History(finished).rows() == rows


@pytest.mark.parametrize("stage", ["smoothed", "reverse", "baseline"])
def test_every_stage_learns_and_restores_its_averaged_weights(tmp_path, stage):
    train(tmp_path, stage, num_steps=40, log_every=5, validate_every=5)
    first, *_, last = History(tmp_path).rows()
    assert last["validation_bits_per_dim"] < first["validation_bits_per_dim"]
    assert last["validation_bits_per_dim"] == pytest.approx(
        last["validation_nats"] / (16 * math.log(2))
    )
    model = make_tiny_model(stage, (4, 4, 1))
    assert restore_stage(model, tmp_path) == 40
    stored = state(tmp_path)
    for index, weight in enumerate(model.weights):
        name = f"averaged/{index}/.ATTRIBUTES/VARIABLE_VALUE"
        np.testing.assert_array_equal(weight, stored[name])


def test_vectors_are_shown_in_nats(tmp_path):
    train(tmp_path, "smoothed", tiny_dataset((2,), None), sample_every=2)
    assert set(History(tmp_path).rows()[-1]) == {
        "step",
        "train_nats",
        "validation_nats",
    }


def test_nan_stops_with_one_line_and_keeps_the_last_good_checkpoint(tmp_path):
    train(tmp_path, num_steps=3)
    good = state(tmp_path)

    class Poisoned(TinyModel):
        def log_prob(self, x, condition=None, *, dropout_seed=None):
            log_prob = super().log_prob(x, condition, dropout_seed=dropout_seed)
            return log_prob * float("nan")

    with pytest.raises(FloatingPointError) as error:
        train(
            tmp_path,
            make_model=lambda: Poisoned((4, 4, 1), takes_x_smoothed=True),
            checkpoint_every=1,
        )
    message = str(error.value)
    for part in (
        "'reverse'",
        "step 4",
        "nan",
        "ckpt-3",
        "--reverse_learning_rate=",
        "\n",
    ):
        assert (part in message) == (part != "\n"), part
    np.testing.assert_equal(state(tmp_path), good)


def test_nan_from_the_start_leaves_no_checkpoint(tmp_path):
    with pytest.raises(FloatingPointError, match="the loss is nan before any weight"):
        train(
            tmp_path,
            make_model=lambda: TinyModel((4, 4, 1), True, scale=float("nan")),
        )
    assert not (tmp_path / "checkpoints").exists()
    assert not (tmp_path / "started.json").exists()


def test_checkpoint_of_another_model_is_rejected(finished):
    with pytest.raises(ValueError, match=r"shape \[4, 4, 1\] where .* has \[2, 2, 1\]"):
        train(finished, dataset=tiny_dataset((2, 2, 1)))


def test_write_failure_says_what_is_left(tmp_path):
    # The kernel refuses files that grow beyond a limit, as a full disk does.
    dataset = tiny_dataset((16, 16, 3))
    train(tmp_path, dataset=dataset, num_steps=3)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(OSError, match="step 6 could not be written") as error:
            train(tmp_path, dataset=dataset)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    message = str(error.value)
    assert "resumes from" in message and "ckpt-3" in message and "\n" not in message
    assert "File too large. Raise the limit" in message and "{{" not in message
    train(tmp_path, dataset=dataset)
    assert restore_stage(make_tiny_model("reverse", (16, 16, 3)), tmp_path) == 6


def test_output_below_a_file_is_rejected(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is below the file"):
        train(tmp_path / "file" / "reverse")


@pytest.mark.parametrize(
    ("stage", "height"), [("smoothed", 4), ("baseline", 4), ("reverse", 12)]
)
def test_tensorboard_has_scalars_and_pictures(tmp_path, stage, height):
    train(tmp_path, stage, sample_every=6)
    events = EventAccumulator(
        str(tmp_path / "tensorboard"), size_guidance={"tensors": 0}
    ).Reload()
    steps = {
        tag: [event.step for event in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
    }
    assert steps == {
        "train/bits_per_dim": [2, 4, 6],
        "train/learning_rate": [2, 4, 6],
        "train/gradient_norm": [2, 4, 6],
        "train/examples_per_second": [2, 4, 6],
        "validation/bits_per_dim": [4, 6],
        "samples": [6],
    }
    width, found, png = events.Tensors("samples")[0].tensor_proto.string_val
    num_columns = 4 if stage == "reverse" else 8
    assert (int(width), int(found)) == (4 * num_columns, height)
    assert tf.io.decode_png(png).dtype == tf.uint8


@pytest.mark.parametrize(
    "number, left", [(1, "none: no step has been saved"), (2, "checkpoints/ckpt-2")]
)
def test_an_interruption_says_what_is_left(tmp_path, capsys, monkeypatch, number, left):
    interrupt_before_save(monkeypatch, number, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, progress=True, checkpoint_every=2)
    shown = capsys.readouterr().err
    assert f"reverse: interrupted at step {2 * number}; the last checkpoint" in shown
    assert f"{left}.\n" in shown


def test_progress_shows_the_loss_in_the_unit_of_the_data(tmp_path, capsys):
    train(tmp_path, "baseline", progress=True)
    shown = capsys.readouterr().err
    assert "6/6" in shown and "bits/dim" in shown
    assert "step 4: validation" in shown and "(6 examples" in shown
