import pathlib

import keras
import numpy as np
import pytest

from smoothing_tf.training.checkpoints import Checkpoints, restore_stage
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
