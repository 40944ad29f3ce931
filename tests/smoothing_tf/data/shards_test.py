"""Tests of reading pieces of a stored split."""

import pickle

import pytest
import tensorflow as tf

from smoothing_tf.data.shards import FileShard, MemoryShard
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
