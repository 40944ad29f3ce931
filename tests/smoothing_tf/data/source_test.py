"""Tests of reading the format of a stored data set."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from smoothing_tf.data.datasets.digits import Digits
from smoothing_tf.data.source import (
    source_from_arrays,
    source_from_builder,
    source_from_directory,
    source_from_folder,
)
from tests.testing import tiny_data


def _vectors(n: int = 5, size: int = 2) -> np.ndarray:
    return np.arange(n * size, dtype=np.float32).reshape(n, size)


def test_foreign_images_have_256_levels(tmp_path):
    directory = tiny_data.write_directory(
        tmp_path,
        {"image": tfds.features.Image(shape=(4, 4, 3), dtype=np.uint8)},
        {"train": [{"image": np.zeros((4, 4, 3), np.uint8)}]},
    )
    source = source_from_directory(directory)
    assert source.format.num_levels == 256
    assert source.format.event_shape == (4, 4, 3)
    assert source.class_names is None


def test_images_of_too_many_levels_are_refused_when_opened(tmp_path):
    image = np.zeros((4, 4, 1), np.uint16)
    features = {"image": tfds.features.Image(shape=(4, 4, 1), dtype=np.uint16)}
    records = {"train": [{"image": image}]}
    directory = tiny_data.write_directory(tmp_path / "all", features, records)
    with pytest.raises(
        ValueError, match=f"{directory} must have from 2 to 256 .*65536"
    ):
        source_from_directory(directory)
    few = tiny_data.write_directory(tmp_path / "few", features, records, 200)
    assert source_from_directory(few).format.num_levels == 200
    _write_image(tmp_path / "folder" / "train" / "a.png", image)
    with pytest.raises(ValueError, match="folder must have from 2 to 256 .*65536"):
        source_from_folder(str(tmp_path / "folder"))


def test_the_classes_are_those_of_the_metadata(tmp_path):
    source = source_from_directory(tiny_data.tiny_directory(tmp_path))
    assert source.format.label == "label"
    assert source.format.num_classes == 3


def test_preparing_a_data_set_prints_nothing(tmp_path, capfd):
    source_from_builder(Digits(data_dir=tmp_path))
    assert capfd.readouterr().out == ""


def test_an_undeclared_image_size_is_that_of_most_training_images(tmp_path):
    def images(*heights):
        return [{"image": np.zeros((height, 4, 1), np.uint8)} for height in heights]

    directory = tiny_data.write_directory(
        tmp_path,
        {"image": tfds.features.Image(shape=(None, None, 1), dtype=np.uint8)},
        {"test": images(9, 9, 9, 9), "train": images(7, 6, 6, 300)},
    )
    assert source_from_directory(directory).format.event_shape == (6, 4, 1)


@pytest.mark.parametrize("name", ["x", "embedding"])
def test_float_features_are_continuous(tmp_path, name):
    features = {
        name: tfds.features.Tensor(shape=(2,), dtype=np.float32),
        "weight": tfds.features.Scalar(dtype=np.float32),
    }
    records = [{name: v, "weight": 1.0} for v in _vectors()]
    source = source_from_directory(
        tiny_data.write_directory(tmp_path, features, {"train": records})
    )
    assert source.format.feature == name
    assert source.format.num_levels is None
    assert source.format.event_shape == (2,)


def test_features_that_cannot_be_modeled_are_listed(tmp_path):
    directory = tiny_data.write_directory(
        tmp_path,
        {"text": tfds.features.Text(), "year": tfds.features.Scalar(dtype=np.int64)},
        {"train": [{"text": "a", "year": 1}]},
    )
    with pytest.raises(
        ValueError, match="must have a feature 'image'.*text: Text.*year: Scalar"
    ):
        source_from_directory(directory)


def test_a_directory_without_data_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`data_dir` must be a prepared TFDS directo"):
        source_from_directory(str(tmp_path))


def _write_image(path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(image).numpy())


def test_a_folder_of_images_without_classes(tmp_path):
    for i in (2, 0, 1):
        image = np.full((4, 6, 1), i, np.uint8)
        _write_image(tmp_path / "train" / f"{i}.png", image)
        _write_image(tmp_path / "test" / f"{i}.PNG", image)
    (tmp_path / "train" / "notes.txt").write_text("not an image")
    source = source_from_folder(str(tmp_path))
    assert source.format.event_shape == (4, 6, 1)
    assert source.format.num_levels == 256
    assert source.class_names is None
    (shard,) = source.shards["train"]
    images = [source.format.decode(serialized)[0] for serialized in shard.read()]
    assert [image[0, 0, 0] for image in images] == [0, 1, 2]


def test_a_folder_with_a_folder_per_class(tmp_path):
    for split in ("train", "validation"):
        for name in ("dog", "cat"):
            image = np.zeros((4, 4, 3), np.uint8)
            _write_image(tmp_path / split / name / "a.png", image)
    source = source_from_folder(str(tmp_path))
    assert source.class_names == ("cat", "dog")
    assert source.format.num_classes == 2
    (shard,) = source.shards["validation"]
    assert [source.format.decode(s)[1] for s in shard.read()] == [0, 1]


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "file").write_text("text")
    for folder, problem in (
        (tmp_path, "which holds none"),
        (tmp_path / "absent", "which does not exist"),
        (tmp_path / "file", "which is a file"),
    ):
        with pytest.raises(
            ValueError, match=f"`data_dir` must be a folder with sub-fo.*{problem}"
        ):
            source_from_folder(str(folder))


def test_arrays_come_back_as_they_were():
    arrays = {"train": _vectors()}
    source = source_from_arrays("points", arrays, None)
    (shard,) = source.shards["train"]
    decoded = [source.format.decode(serialized)[0] for serialized in shard.read()]
    np.testing.assert_array_equal(decoded, arrays["train"])
