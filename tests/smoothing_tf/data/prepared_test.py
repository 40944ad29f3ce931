"""Tests of the metadata of prepared directories, sound and damaged."""

import json
import os
import pathlib

import pytest
import tensorflow_datasets as tfds

from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.prepared import prepare
from tests.testing import tiny_data


@pytest.fixture
def directory(tmp_path):
    return pathlib.Path(tiny_data.tiny_directory(tmp_path))


def _error(directory) -> str:
    with pytest.raises((ValueError, OSError)) as caught:
        dataset = open_dataset(DataConfig("directory", str(directory)))
        for split in dataset.num_examples:
            dataset.array(split)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["dataset_info.json", "features.json", "metadata.json"]
)
def test_a_damaged_file_is_named(directory, name):
    path = directory / name
    whole = path.read_bytes()
    for share in (0.0, 0.3, 0.9):
        path.write_bytes(whole[: int(share * len(whole))])
        assert _error(directory).startswith(f"{path} is damaged (")
    path.write_bytes(bytes(range(256)))
    assert _error(directory).startswith(f"{path} is damaged (it is not text). Restore")
    for other in ("[]", "3", "null", '"text"'):
        path.write_text(other)
        assert f"{path} must hold a JSON object" in _error(directory)


@pytest.mark.parametrize("name", ["dataset_info.json", "features.json"])
def test_another_json_file_is_refused(directory, name):
    for other in ("{}", '{"a": 1}'):
        (directory / name).write_text(other)
        assert f"The metadata in {directory} (dataset_info.json, fea" in _error(
            directory
        )


def test_a_missing_file_is_named(directory):
    (directory / "features.json").unlink()
    assert f"The file {directory}/features.json is missing." in _error(directory)
    (directory / "dataset_info.json").unlink()
    assert "must be a prepared TFDS directory" in _error(directory)


def test_pipes_are_not_opened(directory):
    (directory / "features.json").unlink()
    os.mkfifo(directory / "features.json")
    assert f"The file {directory}/features.json is missing." in _error(directory)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_a_missing_shard_is_named(directory, kind):
    (shard,) = directory.glob("*-test.tfrecord*")
    shard.unlink()
    if kind == "folder":
        shard.mkdir()
    if kind == "pipe":
        os.mkfifo(shard)
    error = _error(directory)
    assert str(shard) in error
    assert error.endswith("write the data set again.")


def _change(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda info: info["splits"][0].update(shardLengths=["-3"]), "negative length"),
        (lambda info: info["splits"][0].update(shardLengths=["abc"]), "shardLengths"),
        (lambda info: info["splits"][0].update(filepathTemplate="{X}"), "template"),
        (lambda info: info.update(fileFormat="other"), "FileFormat"),
        (lambda info: info.update(version="one"), "version"),
    ],
)
def test_wrong_metadata_are_refused(directory, change, reason):
    _change(directory / "dataset_info.json", change)
    assert reason in _error(directory)


@pytest.mark.parametrize("num_levels", ["4", 4.5, True, None])
def test_a_number_of_levels_is_a_whole_number(directory, num_levels):
    _change(directory / "metadata.json", lambda m: m.update(num_levels=num_levels))
    assert "metadata.json must be a whole number" in _error(directory)


def test_what_cannot_be_read_is_named(directory, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(pathlib.Path, "read_text", refuse)
    assert f"{directory}/dataset_info.json cannot be read: Permission" in _error(
        directory
    )


def test_damaged_files_of_a_data_set_by_name_are_reported(tmp_path):
    open_dataset(DataConfig("digits", str(tmp_path)))
    (info,) = tmp_path.rglob("dataset_info.json")
    info.write_bytes(info.read_bytes()[:300])
    with pytest.raises(ValueError, match=f"has prepared in {tmp_path} is damaged: "):
        open_dataset(DataConfig("digits", str(tmp_path)))


def test_a_place_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    class Refusing:
        name = "digits"
        data_dir = "/nonexistent/digits"

        def download_and_prepare(self):
            raise PermissionError(13, "Permission denied", "/nonexistent")

    with pytest.raises(
        OSError,
        match="'digits' cannot be prepared in /nonexistent/dig.*"
        "Permission denied. Name a directory .* --data_dir",
    ):
        prepare(Refusing())


def test_class_names_may_be_missing(tmp_path):
    features = {
        "image": tfds.features.Image(shape=(4, 4, 1)),
        "label": tfds.features.ClassLabel(names=["a", "b"]),
    }
    images = tiny_data.tiny_arrays()["train"]
    records = [{"image": image, "label": i % 2} for i, image in enumerate(images)]
    directory = tiny_data.write_directory(tmp_path, features, {"train": records})
    (names,) = pathlib.Path(directory).glob("*.labels.txt")
    names.write_bytes(bytes(range(256)))
    assert f"{names} is damaged (it is not text)" in _error(directory)
    names.unlink()
    source = open_dataset(DataConfig("directory", directory)).source
    assert source.class_names == ("0", "1")
