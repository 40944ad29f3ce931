import os
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.checkpoints import Checkpoints, newest_step, restore_stage
from tests.testing.tiny_models import TinyModel


def save(directory, step=7, value=2.5):
    model = TinyModel((3,))
    for weight in model.weights:
        weight.assign(np.full(weight.shape, value))
    counter = keras.Variable(step, dtype="int64")
    checkpoints = Checkpoints(directory, {"averaged": model.weights}, counter)
    checkpoints.save(step)
    return checkpoints


def test_restored_model_holds_the_averaged_weights(tmp_path):
    save(tmp_path)
    model = TinyModel((3,))
    assert restore_stage(model, tmp_path) == 7
    for weight in model.weights:
        np.testing.assert_array_equal(weight, np.full(weight.shape, 2.5))


def test_newest_checkpoint_counts_and_one_older_is_kept(tmp_path):
    for step in (1, 2, 3):
        checkpoints = save(tmp_path, step, value=step)
    model = TinyModel((3,))
    assert restore_stage(model, tmp_path) == 3
    assert checkpoints.latest.endswith("ckpt-3")
    indices = (tmp_path / "checkpoints").glob("*.index")
    assert sorted(path.stem for path in indices) == ["ckpt-2", "ckpt-3"]


def test_no_checkpoint_says_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="smoothing_tf.train --stages=reverse"):
        restore_stage(TinyModel((3,)), tmp_path / "reverse")


def test_another_shape_is_named(tmp_path):
    save(tmp_path)
    with pytest.raises(ValueError) as error:
        restore_stage(TinyModel((4,)), tmp_path)
    message = str(error.value)
    assert "shape [3]" in message and "loc` has [4]" in message
    assert "\n" not in message


def test_another_number_of_weights_is_named(tmp_path):
    save(tmp_path)
    model = TinyModel((3,))
    model.extra = model.add_weight(shape=(2,), name="extra")
    with pytest.raises(ValueError, match="it has 3 variables .* the model has 4"):
        restore_stage(model, tmp_path)


@pytest.mark.parametrize("part", [".index", ".data-00000-of-00001"])
def test_a_damaged_file_is_named(tmp_path, part):
    path = save(tmp_path).latest + part
    pathlib.Path(path).write_bytes(b"")
    with pytest.raises(ValueError, match="ckpt-7.* Nothing was changed") as error:
        restore_stage(TinyModel((3,)), tmp_path)
    assert "\n" not in str(error.value)


DATA = ".data-00000-of-00001"


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def make_checkpoints(directory, step=0):
    model = TinyModel((3,))
    counter = keras.Variable(step, dtype="int64")
    return model, counter, Checkpoints(directory, {"averaged": model.weights}, counter)


def contents(directory):
    files = (directory / "checkpoints").rglob("*")
    return {path.name: path.read_bytes() for path in files if path.is_file()}


@pytest.mark.parametrize("suffix", [".index", DATA])
@pytest.mark.parametrize("damage", [cut, flip, pathlib.Path.unlink])
def test_the_checkpoint_before_a_damaged_one_is_used(tmp_path, capsys, suffix, damage):
    for step in (198, 200):
        save(tmp_path, step, value=step)
    damage(tmp_path / "checkpoints" / f"ckpt-200{suffix}")
    before = contents(tmp_path)
    model = TinyModel((3,))
    assert restore_stage(model, tmp_path) == 198
    np.testing.assert_array_equal(model.loc, np.full(3, 198.0))
    model, counter, checkpoints = make_checkpoints(tmp_path)
    assert checkpoints.restore() and counter.numpy() == 198
    np.testing.assert_array_equal(model.loc, np.full(3, 198.0))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert "ckpt-200" in line and "Using ckpt-198" in line
    # Reading destroys nothing, and the next checkpoint keeps the intact one.
    assert contents(tmp_path) == before
    counter.assign(199)
    checkpoints.save(199)
    assert restore_stage(model, tmp_path) == 199
    names = contents(tmp_path).keys()
    assert {"ckpt-198.index", "ckpt-198" + DATA, "ckpt-199.index"} <= names
    counter.assign(200)
    checkpoints.save(200)
    names = contents(tmp_path).keys()
    assert {"ckpt-199.index", "ckpt-200.index"} <= names
    assert "ckpt-198.index" not in names


def make_pipe(path):
    path.unlink()
    os.mkfifo(path)


def make_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("suffix", [".index", DATA])
@pytest.mark.parametrize("replace", [make_pipe, make_folder])
def test_what_is_no_file_is_passed_over(tmp_path, capsys, suffix, replace):
    for step in (198, 200):
        save(tmp_path, step, value=step)
    replace(tmp_path / "checkpoints" / f"ckpt-200{suffix}")
    assert restore_stage(TinyModel((3,)), tmp_path) == 198
    assert f"ckpt-200{suffix} is not a regular file" in capsys.readouterr().err


def test_a_checkpoint_under_the_name_of_a_later_step_is_passed_over(tmp_path, capsys):
    for step in (198, 200):
        save(tmp_path, step, value=step)
    for suffix in (".index", DATA):
        path = tmp_path / "checkpoints" / f"ckpt-198{suffix}"
        path.rename(path.with_name(f"ckpt-900{suffix}"))
    model = TinyModel((3,))
    assert restore_stage(model, tmp_path) == newest_step(tmp_path) == 200
    np.testing.assert_array_equal(model.loc, np.full(3, 200.0))
    assert "ckpt-900: it holds the state of step 198" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "", "model_check", "\0" * 100])
def test_the_list_of_checkpoints_is_not_needed(tmp_path, content):
    for step in (198, 200):
        save(tmp_path, step, value=step)
    path = tmp_path / "checkpoints" / "checkpoint"
    path.unlink() if content is None else path.write_text(content)
    model, counter, checkpoints = make_checkpoints(tmp_path)
    assert checkpoints.restore() and counter.numpy() == 200
    checkpoints.save(202)
    assert {"ckpt-200.index", "ckpt-202.index"} <= contents(tmp_path).keys()
    # TensorFlow's own tools find the newest by it.
    assert tf.train.latest_checkpoint(path.parent).endswith("ckpt-202")


def test_where_all_are_damaged_each_is_named_and_none_is_touched(tmp_path):
    for step in (198, 200):
        save(tmp_path, step)
    flip(tmp_path / "checkpoints" / f"ckpt-198{DATA}")
    cut(tmp_path / "checkpoints" / "ckpt-200.index")
    before = contents(tmp_path)
    checkpoints = make_checkpoints(tmp_path)[2]
    for restore in (
        checkpoints.restore,
        lambda: restore_stage(TinyModel((3,)), tmp_path),
    ):
        with pytest.raises(ValueError, match="ckpt-200.*ckpt-198") as error:
            restore()
        assert "\n" not in str(error.value)
        assert "remove" not in str(error.value).lower()
    assert contents(tmp_path) == before


def test_a_checkpoint_of_another_model_is_no_damaged_one(tmp_path, capsys):
    save(tmp_path, 198)
    save(tmp_path, 200)
    with pytest.raises(ValueError, match="does not fit the configured model"):
        restore_stage(TinyModel((4,)), tmp_path)
    assert "198" not in capsys.readouterr().err


def test_any_flipped_bit_is_found_or_harmless(tmp_path):
    save(tmp_path)
    rng = np.random.default_rng(0)
    for suffix in (".index", DATA):
        path = tmp_path / "checkpoints" / f"ckpt-7{suffix}"
        content = path.read_bytes()
        for position in rng.integers(len(content), size=60):
            damaged = bytearray(content)
            damaged[position] ^= 1 << rng.integers(8)
            path.write_bytes(damaged)
            model = TinyModel((3,))
            try:
                restore_stage(model, tmp_path)
            except ValueError:
                continue
            for weight in model.weights:
                np.testing.assert_array_equal(weight, np.full(weight.shape, 2.5))
        path.write_bytes(content)


def test_leftovers_of_killed_processes_are_removed_and_nothing_else(tmp_path):
    save(tmp_path)
    directory = tmp_path / "checkpoints"
    kept = {path.name for path in directory.iterdir()} | {"ckpt-note", "diverged"}
    (directory / "ckpt-note").touch()
    (directory / "diverged").mkdir()
    for name in ("ckpt-8_temp", ".ckpt-8.tmp-abcd1234"):
        (directory / name).mkdir()
        (directory / name / "part-00000-of-00001.index").touch()
    (directory / f"checkpoint.tmp{'0a' * 16}").touch()
    (directory / ".checkpoint.tmp-abcd1234").touch()
    CheckpointFiles(tmp_path).remove_leftovers()
    assert {path.name for path in directory.iterdir()} == kept
