"""Tests of opening data sets and of their checked records."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.record_format import RecordFormat, encode_record
from smoothing_tf.data.shards import MemoryShard
from smoothing_tf.data.source import Source
from tests.testing import tiny_data


def _with_records(images: list[np.ndarray]) -> Dataset:
    serialized = tuple(
        encode_record("image", tf.io.encode_png(image).numpy()) for image in images
    )
    record_format = RecordFormat("image", (2, 2, 1), "uint8", 4)
    return Dataset(
        Source("hand-made", record_format, {"train": (MemoryShard(serialized),)})
    )


def test_a_directory_returns_the_written_data(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path)
    dataset = open_dataset(DataConfig("directory", directory))
    assert dataset.event_shape == (4, 4, 1)
    assert dataset.num_levels == 4
    assert dataset.num_examples == tiny_data.NUM_EXAMPLES
    written = tiny_data.tiny_arrays()["train"]
    # TFDS stores a shuffled order, the same for images and labels.
    stored, labels = dataset.array("train"), dataset.labels("train")
    position = {x.tobytes(): i for i, x in enumerate(written)}
    found = [position[x.tobytes()] for x in stored]
    assert sorted(found) == list(range(len(written)))
    np.testing.assert_array_equal(labels, np.array(found) % 3)


def test_records_are_in_stored_order():
    dataset = tiny_data.tiny_dataset()
    records = list(dataset.records("test").as_numpy_iterator())
    assert [record["index"] for record in records] == list(range(7))
    np.testing.assert_array_equal(
        [record["x"] for record in records], tiny_data.tiny_arrays()["test"]
    )
    assert records[0]["x"].dtype == np.uint8


def test_vectors_have_no_levels():
    dataset = tiny_data.tiny_dataset((2,), None)
    assert dataset.num_levels is None
    assert dataset.array("train").dtype == np.float32


def test_data_without_labels_say_so():
    assert _with_records([np.zeros((2, 2, 1), np.uint8)]).labels("train") is None


def test_the_array_of_a_split_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        tiny_data.tiny_dataset().array("train")[0] = 1


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((2, 3, 1), np.uint8), r"has shape \(2, 3, 1\) instead of \(2, 2, 1"),
        (np.zeros((2, 2, 1), np.uint16), "has dtype uint16 instead of uint8"),
        (np.full((2, 2, 1), 4, np.uint8), "has the value 4, above the last level 3"),
    ],
)
def test_an_unsound_record_is_named(image, reason):
    dataset = _with_records([np.zeros((2, 2, 1), np.uint8), image])
    with pytest.raises(ValueError, match=f"^Record 1 of the split 'train'.*{reason}.*"):
        dataset.records("train")


def test_a_missing_split_lists_the_others():
    with pytest.raises(ValueError, match="`split` must be one of train, validation, t"):
        tiny_data.tiny_dataset().records("dev")


def test_an_empty_split_is_refused():
    with pytest.raises(ValueError, match="'train' of 'hand-made' must hold at least o"):
        _with_records([]).records("train")


@pytest.mark.parametrize("name", ["directory", "folder"])
def test_data_of_ones_own_need_a_place(name):
    with pytest.raises(ValueError, match="`data_dir` must name the data"):
        open_dataset(DataConfig(name))


def test_an_unknown_data_set_lists_the_known_ones():
    with pytest.raises(
        ValueError, match="one of digits, photos, checkerboard, .*, directory, folder"
    ):
        DataConfig("imagenet")


def test_a_configuration_can_be_compared():
    assert DataConfig() == dataclasses.replace(DataConfig(), dataset="digits")
