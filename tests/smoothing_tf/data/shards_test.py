"""Tests of reading pieces of a stored split."""

import dataclasses
import pickle

import pytest
import tensorflow as tf

from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.shards import FileShard, MemoryShard, TFRecordShard
from smoothing_tf.data.source import source_from_directory
from tests.testing import tiny_data


def test_a_missing_or_damaged_file_is_named(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path)
    (shard,) = source_from_directory(directory).shards["train"]
    with open(shard.path, "r+b") as file:
        file.seek(400)
        file.write(b"\0" * 8)
    with pytest.raises(ValueError, match=f"{shard.path} is missing or damaged after"):
        list(shard.read())
    tf.io.gfile.remove(shard.path)
    with pytest.raises(ValueError, match="is missing or damaged after 0 records"):
        list(shard.read())


def test_a_file_shorter_than_its_metadata_is_refused(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path)
    (shard,) = source_from_directory(directory).shards["train"]
    with tf.io.TFRecordWriter(shard.path) as writer:
        writer.write(b"one record")
    with pytest.raises(ValueError, match="holds 1 records, its metadata says 24"):
        list(shard.read())


def test_a_file_longer_than_its_metadata_is_refused(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path)
    # The last file of its split, and of the data set.
    (shard,) = source_from_directory(directory).shards["test"]
    records = list(shard.read())
    with tf.io.TFRecordWriter(shard.path) as writer:
        for record in [*records, records[0]]:
            writer.write(record)
    message = f"^The file {shard.path} holds more records than the 7 that its metadata"
    with pytest.raises(ValueError, match=message):
        open_dataset(DataConfig("directory", directory)).array("test")


def test_a_file_that_another_one_makes_up_for_is_refused(tmp_path):
    records = list(tiny_data.tiny_dataset().source.shards["train"][0].read())
    shards = []
    for name, written, declared in (("a", 13, 12), ("b", 11, 12)):
        with tf.io.TFRecordWriter(str(tmp_path / name)) as writer:
            for record in records[:written]:
                writer.write(record)
        shards.append(TFRecordShard(str(tmp_path / name), declared))
    source = tiny_data.tiny_dataset().source
    dataset = Dataset(dataclasses.replace(source, shards={"train": tuple(shards)}))
    with pytest.raises(ValueError, match="/a holds more records than the 12 that"):
        dataset.array("train")
    with pytest.raises(ValueError, match="/b holds 11 records, its metadata says 12"):
        list(shards[1].read())


def test_shards_travel_to_other_machines(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path)
    (stored,) = source_from_directory(directory).shards["train"]
    image = tmp_path / "a.png"
    image.write_bytes(b"bytes")
    for shard in (
        stored,
        MemoryShard((b"one", b"two")),
        FileShard(((str(image), 0), (str(image), None))),
    ):
        copy = pickle.loads(pickle.dumps(shard))
        assert list(copy.read()) == list(shard.read())
        assert copy.num_examples == len(list(shard.read()))


def test_an_unsound_record_can_be_found():
    assert FileShard((("a.png", 0), ("b.png", 1))).place_of(1) == "b.png"
