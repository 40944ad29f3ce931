"""Tests of checking and storing a data set."""

import dataclasses
import filecmp
import pathlib
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from components.ingest import executor
from components.ingest.executor import run
from components.ingest.ingest_config import IngestConfig
from smoothing_tf.artifacts import read_json
from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.record_format import encode_record
from smoothing_tf.data.shards import MemoryShard
from tests.testing import tiny_data


def _run(data_dir, output_dir, dataset="directory", **kwargs) -> dict:
    kwargs = {
        "max_rejected_fraction": 0.0,
        "beam_runner": "DirectRunner",
        "beam_options": [],
        **kwargs,
    }
    return run(
        dataset=dataset, data_dir=str(data_dir), output_dir=str(output_dir), **kwargs
    )


def _open(directory):
    return open_dataset(DataConfig("directory", str(directory)))


def _rewrite(directory: str, change: dict[int, bytes]) -> None:
    """Replaces records of the training split of a tiny directory."""
    (shard,) = _open(directory).source.shards["train"]
    records = list(shard.read())
    with tf.io.TFRecordWriter(shard.path) as writer:
        for index, record in enumerate(records):
            writer.write(change.get(index, record))


def _image_record(image: np.ndarray) -> bytes:
    return encode_record("image", tf.io.encode_png(image).numpy(), 0)


CORRUPT = encode_record("image", b"\x89PNG\r\n\x1a\n and then nothing", 0)


def test_the_license_of_the_data_is_kept(tmp_path, monkeypatch):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    monkeypatch.setattr(executor, "find_license", {"directory": "CC0"}.get)
    _run(directory, tmp_path / "known")
    assert _open(tmp_path / "known").source.license == "CC0"
    monkeypatch.setattr(executor, "find_license", lambda dataset: None)
    _run(tmp_path / "known", tmp_path / "again")
    assert _open(tmp_path / "again").source.license == "CC0"
    assert _open(directory).source.license is None


def test_the_output_is_the_same_data_set(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    result = _run(directory, tmp_path / "out")
    assert result == {
        "event_shape": [4, 4, 1],
        "num_levels": 4,
        "num_examples": tiny_data.NUM_EXAMPLES,
        "num_rejected": {"train": 0, "validation": 0, "test": 0},
        "num_duplicates": {"train": 0, "validation": 0, "test": 0},
    }
    builder = tfds.builder_from_directory(str(tmp_path / "out"))
    assert builder.info.metadata["num_levels"] == 4
    assert {s: i.num_examples for s, i in builder.info.splits.items()} == (
        tiny_data.NUM_EXAMPLES
    )
    source, copy = _open(directory), _open(tmp_path / "out")
    for split in tiny_data.NUM_EXAMPLES:
        np.testing.assert_array_equal(source.array(split), copy.array(split))
        np.testing.assert_array_equal(source.labels(split), copy.labels(split))
        # TFDS itself can read it, too.
        read = list(builder.as_dataset(split=split).as_numpy_iterator())
        np.testing.assert_array_equal(
            [example["image"] for example in read], source.array(split)
        )
        np.testing.assert_array_equal(
            [example["label"] for example in read], source.labels(split)
        )


def test_statistics_are_those_of_the_data(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    _run(directory, tmp_path / "out")
    statistics = read_json(tmp_path / "out" / "statistics.json")
    for split, x in tiny_data.tiny_arrays().items():
        assert statistics[split]["count"] == len(x)
        assert statistics[split]["mean"] == pytest.approx(x.mean(), rel=1e-12)
        assert statistics[split]["histogram"] == np.bincount(x.ravel()).tolist()


def test_two_runs_write_the_same_bytes_on_any_number_of_workers(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    _run(directory, tmp_path / "one")
    _run(
        directory,
        tmp_path / "two",
        beam_options=[
            "--direct_num_workers=2",
            "--direct_running_mode=multi_threading",
        ],
    )
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    same, _, _ = filecmp.cmpfiles(
        tmp_path / "one", tmp_path / "two", names, shallow=False
    )
    assert sorted(same) == names


def test_unsound_records_are_dropped_and_counted(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    before = _open(directory).array("train")
    encoded = tf.io.encode_png(np.zeros((4, 4, 1), np.uint8)).numpy()
    changes = {
        2: CORRUPT,
        5: _image_record(np.zeros((4, 5, 1), np.uint8)),
        6: _image_record(np.zeros((4, 4, 1), np.uint16)),
        9: _image_record(np.full((4, 4, 1), 4, np.uint8)),
        11: encode_record("image", encoded, 3),
        23: b"not an example \xff",
    }
    _rewrite(directory, changes)
    result = _run(directory, tmp_path / "out", max_rejected_fraction=0.25)
    assert result["num_rejected"] == {"train": 6, "validation": 0, "test": 0}
    assert result["num_examples"]["train"] == 18
    kept = np.delete(before, list(changes), axis=0)
    np.testing.assert_array_equal(_open(tmp_path / "out").array("train"), kept)
    rejects = read_json(tmp_path / "out" / "rejects.json")["train"]
    assert rejects["count"] == 6
    assert rejects["fraction"] == pytest.approx(6 / 24)
    assert rejects["reasons"] == {
        "cannot be decoded as an image": 1,
        "has shape (4, 5, 1) instead of (4, 4, 1)": 1,
        "has dtype uint16 instead of uint8": 1,
        "has the value 4, above the last level 3": 1,
        "has the label 3 instead of one of 0 to 2": 1,
        "is not a serialized tf.train.Example": 1,
    }
    assert [reject["index"] for reject in rejects["first"]] == list(changes)


def test_unsound_records_are_refused_by_default(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    _rewrite(directory, {3: CORRUPT})
    with pytest.raises(
        ValueError,
        match=r"^`max_rejected_fraction` must be at least 0.0417 .* 1 of 24 records of"
        r" the split 'train'; got 0.0. First: record 3 \(.*\) cannot be decoded as an",
    ):
        _run(directory, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_split_without_a_sound_record_is_refused(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    _rewrite(directory, dict.fromkeys(range(24), CORRUPT))
    with pytest.raises(
        ValueError,
        match="^The split 'train' must hold at least one sound record; all 24 were"
        " rejected. First: record 0 .* cannot be decoded",
    ):
        _run(directory, tmp_path / "out", max_rejected_fraction=0.99)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_damaged_file_stops_the_run(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    (shard,) = _open(directory).source.shards["test"]
    with open(shard.path, "r+b") as file:
        file.seek(50)
        file.write(b"\0" * 8)
    with pytest.raises(ValueError, match="^The file .* is missing or damaged after 0"):
        _run(directory, tmp_path / "out", max_rejected_fraction=0.9)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_an_empty_split_is_refused(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    # TFDS itself writes no empty split, other tools do.
    (shard,) = _open(directory).source.shards["test"]
    tf.io.TFRecordWriter(shard.path).close()
    info = pathlib.Path(directory) / "dataset_info.json"
    info.write_text(info.read_text().replace('"7"', '"0"'))
    with pytest.raises(ValueError, match="'test' of 'tiny' must hold at least one"):
        _run(directory, tmp_path / "out")


def test_an_empty_file_among_others_is_no_empty_split(tmp_path):
    # The output keeps one file per file of the source.
    directory = tiny_data.tiny_directory(tmp_path / "source")
    source = _open(directory).source
    (shard,) = source.shards["train"]
    records = list(shard.read())
    shards = (MemoryShard(tuple([CORRUPT] * 3)), MemoryShard(tuple(records)))
    train_only = dataclasses.replace(source, shards={"train": shards})
    with mock.patch.object(executor, "open_dataset", lambda _: Dataset(train_only)):
        _run(directory, tmp_path / "out", max_rejected_fraction=0.2)
    copy = _open(tmp_path / "out")
    assert [s.num_examples for s in copy.source.shards["train"]] == [0, 24]
    np.testing.assert_array_equal(copy.array("train"), _open(directory).array("train"))
    rejects = read_json(tmp_path / "out" / "rejects.json")["train"]
    assert [reject["index"] for reject in rejects["first"]] == [0, 1, 2]
    builder = tfds.builder_from_directory(str(tmp_path / "out"))
    assert len(list(builder.as_dataset(split="train"))) == 24


def test_vectors_are_stored_as_they_are(tmp_path):
    x = tiny_data.tiny_arrays((2,), None)["train"]
    directory = tiny_data.write_directory(
        tmp_path / "source",
        {"x": tfds.features.Tensor(shape=(2,), dtype=np.float32)},
        {"train": [{"x": row} for row in x]},
    )
    assert _run(directory, tmp_path / "out")["num_levels"] is None
    copy = _open(tmp_path / "out")
    assert copy.num_levels is None
    np.testing.assert_array_equal(copy.array("train"), _open(directory).array("train"))
    statistics = read_json(tmp_path / "out" / "statistics.json")["train"]
    np.testing.assert_allclose(statistics["mean_per_dim"], x.mean(0), rtol=1e-5)


def test_a_folder_of_images_becomes_a_tfds_directory(tmp_path):
    for split, n in (("train", 3), ("test", 2)):
        for i in range(n):
            path = tmp_path / "My photos" / split / "sea" / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            image = np.full((4, 4, 3), 50 * i, np.uint8)
            path.write_bytes(tf.io.encode_png(image).numpy())
    result = _run(tmp_path / "My photos", tmp_path / "out", dataset="folder")
    assert result["num_examples"] == {"train": 3, "test": 2}
    copy = _open(tmp_path / "out")
    assert copy.array("train")[:, 0, 0, 0].tolist() == [0, 50, 100]
    assert copy.source.class_names == ("sea",)


def test_a_folder_with_an_empty_split_is_refused(tmp_path):
    path = tmp_path / "source" / "train" / "0.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(tf.io.encode_png(np.zeros((4, 4, 1), np.uint8)).numpy())
    (tmp_path / "source" / "validation").mkdir()
    with pytest.raises(ValueError, match="'validation' of 'source' must hold at least"):
        _run(tmp_path / "source", tmp_path / "out", dataset="folder")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_options_reach_the_runner(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    with pytest.raises(ValueError, match="NoSuchRunner"):
        _run(directory, tmp_path / "out", beam_runner="NoSuchRunner")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_an_output_below_a_file_is_refused(tmp_path):
    directory = tiny_data.tiny_directory(tmp_path / "source")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError, match="is a file; name a directory"):
        _run(directory, tmp_path / "file" / "out")


def test_configuration_is_checked():
    assert IngestConfig().max_rejected_fraction == 0.0
    with pytest.raises(ValueError, match="`max_rejected_fraction` must be below 1.0"):
        IngestConfig(max_rejected_fraction=1.0)
