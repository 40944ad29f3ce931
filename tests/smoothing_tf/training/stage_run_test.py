"""A stage that diverges, changes its settings or is stopped keeps the right files."""

import os
import re
import shutil
import signal

import numpy as np
import pytest

from smoothing_tf.training.history import History
from smoothing_tf.training.stage_trainer import StageTrainer
from smoothing_tf.training.stop_signals import StopSignals
from tests.smoothing_tf.training.loop_test import assert_same_state, state
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import TinyModel
from tests.testing.train_tiny import train

pytestmark = pytest.mark.usefixtures("eager")

EVERY_STEP = dict(checkpoint_every=1, steps_per_call=1)


class Steep(TinyModel):
    """A model whose loss overflows where its weights have become large."""

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        log_prob = super().log_prob(x, condition, dropout_seed=dropout_seed)
        return log_prob - (0.01 * self.gain) ** 8


def steep():
    return Steep((4, 4, 1), takes_x_smoothed=True)


def diverge(directory, **settings):
    with pytest.raises(FloatingPointError) as error:
        train(directory, make_model=steep, **(EVERY_STEP | settings))
    message = str(error.value)
    assert "\n" not in message
    return message


def steps_of(directory):
    indices = (directory / "checkpoints").glob("ckpt-*.index")
    return sorted(int(path.stem.removeprefix("ckpt-")) for path in indices)


# Steps at once, and at rates at which the loss becomes large before it overflows.
@pytest.mark.parametrize(
    "rate, settings", [(1e19, {}), (1e10, {"checkpoint_every": 2}), (2e6, {})]
)
def test_the_advice_after_a_nan_works(tmp_path, capsys, rate, settings):
    message = diverge(tmp_path / "run", learning_rate=rate, **settings)
    advised = float(re.search(r"--reverse_learning_rate=(\S+)", message)[1])
    assert advised < 0.01
    settings = EVERY_STEP | settings | {"learning_rate": advised}
    train(tmp_path / "run", make_model=steep, **settings)
    assert state(tmp_path / "run")["step/.ATTRIBUTES/VARIABLE_VALUE"] == 6
    (change,) = History(tmp_path / "run").changes()
    assert change == {
        "step": change["step"],
        "flag": "learning_rate",
        "old": rate,
        "new": advised,
    }
    # Nothing of the diverged steps remains: the result is that of the lower rate.
    train(tmp_path / "fresh", make_model=steep, **settings)
    rows = History(tmp_path / "run").rows()
    assert rows == History(tmp_path / "fresh").rows()
    assert_same_state(tmp_path / "run", tmp_path / "fresh")


def test_training_goes_back_to_the_checkpoint_before_it_diverged(tmp_path, capsys):
    train(tmp_path, make_model=steep, num_steps=2, **EVERY_STEP)
    good = state(tmp_path)
    # Another rate from here on: the next checkpoint is the first of large weights.
    message = diverge(tmp_path, learning_rate=1e19)
    assert "resumes from" in message and "checkpoints/ckpt-2" in message
    assert "ckpt-3 have diverged" in message
    assert steps_of(tmp_path) == [2, 3]
    settings = EVERY_STEP | {"learning_rate": 1e-12, "profile_steps": "4:5"}
    train(tmp_path, make_model=steep, num_steps=5, progress=True, **settings)
    said = capsys.readouterr().err
    assert "ckpt-3 have diverged; resuming from ckpt-2" in said
    # Of the steps in between, which are repeated, there is no profile.
    assert re.findall(r"a profile of steps (\d to \d)", said) == ["4 to 4", "4 to 5"]
    assert steps_of(tmp_path) == [4, 5]
    name = "weights/0/.ATTRIBUTES/VARIABLE_VALUE"
    np.testing.assert_allclose(state(tmp_path)[name], good[name], atol=1e-6)
    # The diverged one was kept, out of the way.
    assert (tmp_path / "checkpoints/diverged/ckpt-3.index").exists()
    changes = History(tmp_path).changes()
    assert [(row["step"], row["old"], row["new"]) for row in changes] == [
        (2, 0.05, 1e19),
        (2, 1e19, 1e-12),
    ]


def test_the_same_settings_do_not_give_a_checkpoint_up(tmp_path):
    diverge(tmp_path, learning_rate=1e19)
    before = steps_of(tmp_path)
    diverge(tmp_path, learning_rate=1e19)
    assert steps_of(tmp_path) == before == [1]


def test_changes_of_the_optimizer_are_written_to_the_history(tmp_path):
    old = {"learning_rate_decay": 0.999995, "clip_norm": None}
    new = {"learning_rate_decay": 0.9, "clip_norm": 0.5}

    def changes(step, before, after):
        return [
            {"step": step, "flag": name, "old": before[name], "new": after[name]}
            for name in sorted(before)
        ]

    def written():
        return sorted(
            History(tmp_path).changes(), key=lambda row: (row["step"], row["flag"])
        )

    train(tmp_path, num_steps=3, **old)
    train(tmp_path, num_steps=6, **new)
    assert written() == changes(3, old, new)
    train(tmp_path, num_steps=9, **new)
    assert written() == changes(3, old, new)
    train(tmp_path, num_steps=12, **old)
    assert written() == [*changes(3, old, new), *changes(9, new, old)]


def test_a_loss_that_is_not_finite_at_first_blames_the_data(tmp_path):
    dataset = tiny_dataset((3,), None)
    x = dataset.array("train").copy()
    x[:, 1] = np.linspace(1e38, 3e38, len(x))
    dataset._splits["train"] = (x, None)
    with pytest.raises(FloatingPointError) as error:
        train(tmp_path, "smoothed", dataset, lambda: TinyModel((3,), scale=1e-6))
    message = str(error.value)
    assert "before any weight has changed" in message
    assert "Check the data" in message and "learning_rate" not in message
    ranges = re.findall(r"(?:from|to) (\S+) \(example (\d+) of train at", message)
    assert len(ranges) == 4  # Ends of x and x~.
    for (low, _), (high, index) in (ranges[:2], ranges[2:]):
        assert float(low) < 0 < 1e38 < float(high)
        assert x[int(index), 1] == pytest.approx(float(high), rel=1e-5)
    # A run without a step fixes no settings.
    assert not (tmp_path / "started.json").exists()


_STOPPED = dict(num_steps=10, steps_per_call=3, checkpoint_every=5, log_every=4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that was not stopped."""
    directory = tmp_path_factory.mktemp("whole")
    train(directory, **_STOPPED)
    return directory


@pytest.mark.parametrize(
    "number, call", [(signal.SIGTERM, 1), (signal.SIGINT, 2), (signal.SIGTERM, 3)]
)
def test_a_stopped_run_ends_with_the_same_bits(
    tmp_path, whole, monkeypatch, number, call
):
    run_steps, calls = StageTrainer.run_steps, []

    def interrupted(*args):
        calls.append(None)
        if len(calls) == call:
            os.kill(os.getpid(), number)
        return run_steps(*args)

    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with monkeypatch.context() as context:
        context.setattr(StageTrainer, "run_steps", interrupted)
        expected = KeyboardInterrupt if number == signal.SIGINT else SystemExit
        with pytest.raises(expected) as error, StopSignals() as stop:
            train(tmp_path / "stopped", stop=stop, **_STOPPED)
    if number == signal.SIGTERM:
        assert error.value.code == 143
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert steps_of(tmp_path / "stopped")[-1] == (3, 4, 5)[call - 1]
    train(tmp_path / "stopped", **_STOPPED)
    assert_same_state(tmp_path / "stopped", whole)
    rows = History(whole).rows()
    assert History(tmp_path / "stopped").rows() == rows and len(rows) == 3


def test_weights_that_overflow_are_not_saved(tmp_path, monkeypatch):
    trainer_is_finite = StageTrainer.is_finite
    found = []

    def is_finite(trainer):
        trainer.model.loc.assign(np.full(trainer.model.loc.shape, np.inf))
        found.append(trainer_is_finite(trainer))
        return found[-1]

    monkeypatch.setattr(StageTrainer, "is_finite", is_finite)
    message = diverge(tmp_path)
    assert "the weights are NaN or infinite" in message and found == [False]
    assert steps_of(tmp_path) == []


def test_a_run_that_lost_all_checkpoints_says_that_it_starts_again(
    tmp_path, finished, capsys
):
    train(tmp_path / "run")
    assert "no checkpoint" not in capsys.readouterr().err
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    train(tmp_path / "run")
    assert capsys.readouterr().err.count("starts again at step 0") == 1
    assert_same_state(tmp_path / "run", finished)
