"""Tests of decoded splits on disk: same data, reuse, damage, kills, full disks."""

import dataclasses
import errno
import json
import multiprocessing.pool
import os
import pathlib
import shutil

import numpy as np
import pytest

from smoothing_tf import artifacts
from smoothing_tf.data import decoded_cache, decoded_files
from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.record_format import RecordFormat
from tests.testing import picture_folders, tiny_data


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return tiny_data.tiny_directory(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def data_dir(prepared, tmp_path):
    shutil.copytree(prepared, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def large(monkeypatch):
    """The tiny splits are too large for memory."""
    monkeypatch.setattr(decoded_cache, "_MAX_BYTES_IN_MEMORY", 0)


@pytest.fixture
def decoded(monkeypatch):
    """The number of records decoded so far."""
    count = []
    decode = RecordFormat.decode

    def counting(self, serialized):
        count.append(1)
        return decode(self, serialized)

    monkeypatch.setattr(RecordFormat, "decode", counting)
    return count


def _open(data_dir, cache_dir=None) -> Dataset:
    cache_dir = cache_dir and str(cache_dir)
    return open_dataset(DataConfig("directory", str(data_dir), cache_dir=cache_dir))


def _is_mapped(x: np.ndarray) -> bool:
    return isinstance(x, np.memmap)


def _files(place: pathlib.Path) -> list[str]:
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


def _check(dataset: Dataset, in_memory: Dataset) -> None:
    for split in in_memory.num_examples:
        x, labels = dataset.array(split), dataset.labels(split)
        assert x.dtype == in_memory.array(split).dtype
        np.testing.assert_array_equal(x, in_memory.array(split))
        np.testing.assert_array_equal(labels, in_memory.labels(split))


def test_small_data_leave_no_files(data_dir, tmp_path):
    assert not _is_mapped(_open(data_dir).array("train"))
    assert _files(tmp_path) == ["data"]


def test_a_large_split_is_decoded_once_next_to_the_data(
    data_dir, tmp_path, large, decoded, capsys
):
    in_memory = _open(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoded_cache, "_MAX_BYTES_IN_MEMORY", 1 << 28)
        for split in in_memory.num_examples:
            assert not _is_mapped(in_memory.array(split))
    before = len(decoded)
    first = _open(data_dir)
    _check(first, in_memory)
    assert len(decoded) - before == sum(first.num_examples.values())
    assert f"is kept in {tmp_path / 'data.decoded'}" in capsys.readouterr().err
    again = _open(data_dir)
    _check(again, in_memory)
    assert len(decoded) - before == sum(first.num_examples.values())
    assert _is_mapped(again.array("train")) and _is_mapped(again.labels("train"))
    with pytest.raises(ValueError, match="read-only"):
        again.array("train")[0] = 1
    assert capsys.readouterr().err == ""
    # The place of the data does not count, so both can be moved.
    for name in ("data", "data.decoded"):
        (tmp_path / name).rename(tmp_path / name.replace("data", "moved"))
    _check(_open(tmp_path / "moved"), in_memory)
    assert len(decoded) - before == sum(first.num_examples.values())


def test_a_named_directory_holds_small_splits_and_several_data_sets(
    data_dir, tmp_path, decoded
):
    shutil.copytree(data_dir, tmp_path / "elsewhere" / "data")
    for place in (data_dir, tmp_path / "elsewhere" / "data"):
        assert _is_mapped(_open(place, tmp_path / "cache").array("train"))
    assert len(_files(tmp_path / "cache")) == 2
    count = len(decoded)
    for place in (data_dir, tmp_path / "elsewhere" / "data"):
        _open(place, tmp_path / "cache").array("train")
    assert len(decoded) == count
    assert _files(tmp_path / "elsewhere") == ["data"]


def test_changed_records_are_decoded_again_and_old_files_removed(
    data_dir, tmp_path, large, decoded
):
    _open(data_dir).array("train")
    _open(data_dir).array("test")
    names, count = _files(tmp_path / "data.decoded"), len(decoded)
    (shard,) = data_dir.glob("*train*tfrecord*")
    os.utime(shard, ns=(1, 1))
    _open(data_dir).array("train")
    assert len(decoded) == count + tiny_data.NUM_EXAMPLES["train"]
    renewed = _files(tmp_path / "data.decoded")
    assert len(renewed) == len(names) == 2
    assert [n for n in names if "test" in n] == [n for n in renewed if "test" in n]
    assert [n for n in names if "train" in n] != [n for n in renewed if "train" in n]


def test_every_conversion_and_decoder_has_its_own_files(tmp_path, large, monkeypatch):
    picture_folders.folder(tmp_path / "data", picture_folders.color, n=3)
    for levels in (2, 17):
        config = DataConfig("folder", str(tmp_path / "data"), num_levels=levels)
        for _ in range(2):
            assert open_dataset(config).array("train").max() == levels - 1
    assert len(_files(tmp_path / "data.decoded")) == 2
    monkeypatch.setattr(decoded_cache.metadata, "version", lambda package: "next")
    open_dataset(config).array("train")
    assert len(_files(tmp_path / "data.decoded")) == 3


def _cut(path):
    os.truncate(path, path.stat().st_size - 3)


def _flip(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "a truncated array": lambda place: _cut(place / "x.npy"),
    "a changed byte": lambda place: _flip(place / "x.npy"),
    "a changed label": lambda place: _flip(place / "labels.npy"),
    "a missing array": lambda place: (place / "x.npy").unlink(),
    "a missing description": lambda place: (place / "info.json").unlink(),
    "a truncated description": lambda place: _cut(place / "info.json"),
    "another description": lambda place: (place / "info.json").write_text("[1]"),
    "an array of another shape": lambda place: np.save(place / "x.npy", np.zeros(9)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_decoded_again(data_dir, tmp_path, large, damage, capsys):
    expected = np.array(_open(data_dir).array("train"))
    (place,) = (tmp_path / "data.decoded").iterdir()
    DAMAGES[damage](place)
    capsys.readouterr()
    np.testing.assert_array_equal(_open(data_dir).array("train"), expected)
    message = capsys.readouterr().err.splitlines()[0]
    assert message.startswith("Decoding again: ") and str(place) in message
    _open(data_dir).array("train")
    assert capsys.readouterr().err == ""


def test_files_that_were_only_touched_are_used(data_dir, tmp_path, large, decoded):
    _open(data_dir).array("train")
    (place,) = (tmp_path / "data.decoded").iterdir()
    os.utime(place / "x.npy")
    count = len(decoded)
    _open(data_dir).array("train")
    assert len(decoded) == count


def test_unsound_records_are_reported_as_in_memory(data_dir, tmp_path, monkeypatch):
    features = data_dir / "metadata.json"
    features.write_text(json.dumps({"num_levels": 3}))
    messages = []
    for limit in (1 << 28, 0):
        monkeypatch.setattr(decoded_cache, "_MAX_BYTES_IN_MEMORY", limit)
        with pytest.raises(ValueError) as caught:
            _open(data_dir).array("train")
        messages.append(str(caught.value))
    assert messages[0] == messages[1] and "above the last level 2" in messages[0]
    assert _files(tmp_path / "data.decoded") == []


def test_what_a_killed_process_left_is_not_used(data_dir, tmp_path, large, decoded):
    place = tmp_path / "data.decoded"

    class Killed(BaseException):
        """Not even the clean-up runs."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoded_files, "_BUFFER_BYTES", 1)
        append = decoded_files.SplitWriter.append

        def append_some(self, *args):
            if len(decoded) == 10:
                raise Killed
            append(self, *args)

        patch.setattr(decoded_files.SplitWriter, "append", append_some)
        patch.setattr(artifacts.shutil, "rmtree", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            _open(data_dir).array("train")
    (leftover,) = _files(place)
    assert ".tmp-" in leftover and (place / leftover / "x.npy").stat().st_size > 0
    decoded.clear()
    _open(data_dir).array("train")
    assert len(decoded) == tiny_data.NUM_EXAMPLES["train"]
    assert [name for name in _files(place) if ".tmp-" in name] == []


def test_two_processes_at_once_decode_once(data_dir, tmp_path, large, decoded, capsys):
    dataset, pool = _open(data_dir), multiprocessing.pool.ThreadPool(1)
    place = tmp_path / "data.decoded"
    place.mkdir()
    with decoded_cache.locked(place, name=".train.lock"):
        waiting = pool.apply_async(_open(data_dir).array, ("train",))
        with pytest.raises(multiprocessing.TimeoutError):
            waiting.get(timeout=0.2)
        assert decoded == []
    np.testing.assert_array_equal(waiting.get(timeout=60), dataset.array("train"))
    assert len(decoded) == tiny_data.NUM_EXAMPLES["train"]
    assert "Waiting for the process that decodes 'train'" in capsys.readouterr().err


def _full(*args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_reported_before_a_record_is_decoded(
    data_dir, tmp_path, decoded, monkeypatch
):
    monkeypatch.setattr(decoded_files.os, "posix_fallocate", _full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        _open(data_dir, tmp_path / "cache").array("train")
    message = str(caught.value)
    assert message.startswith(f"--cache_dir={tmp_path / 'cache'} cannot be used: ")
    assert f"{tmp_path / 'cache'}/" in message and ".tmp-" not in message
    assert decoded == []
    (place,) = (tmp_path / "cache").iterdir()
    assert _files(place) == []


def test_a_disk_that_fills_up_leaves_nothing(data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(decoded_files._ArrayWriter, "close", _full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        _open(data_dir, tmp_path / "cache").array("train")
    assert str(tmp_path / "cache") in caught.value.filename
    (place,) = (tmp_path / "cache").iterdir()
    assert _files(place) == []


def test_the_users_cache_is_used_where_the_data_cannot_be_written_to(
    data_dir, tmp_path, large, monkeypatch, capsys
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    (tmp_path / "data.decoded").write_text("a file")
    x = _open(data_dir).array("train")
    assert _is_mapped(x)
    assert str(tmp_path / "user" / "smoothing_tf") in capsys.readouterr().err
    # Without that either, they stay in memory.
    (tmp_path / "other").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    y = _open(data_dir).array("train")
    assert not _is_mapped(y)
    np.testing.assert_array_equal(x, y)
    (message,) = capsys.readouterr().err.splitlines()
    assert "is decoded into memory" in message and "--cache_dir" in message


def test_a_named_directory_that_cannot_be_used_is_an_error(data_dir, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(
        NotADirectoryError, match=r"^--cache_dir=\S*cache cannot be used: .* the file"
    ):
        _open(data_dir, tmp_path / "cache").array("train")


def test_a_named_directory_that_cannot_be_written_to_is_an_error(
    data_dir, tmp_path, monkeypatch
):
    def forbid(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(decoded_cache, "make_directory", forbid)
    with pytest.raises(
        PermissionError, match="^--cache_dir=.* cannot be used: .*: Permission denied"
    ):
        _open(data_dir, tmp_path / "cache").array("train")


def test_each_value_of_split_fractions_keeps_its_files(tmp_path, monkeypatch, capsys):
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 3, 1), dtype=np.uint8)
    path = tmp_path / "x.npy"
    np.save(path, images)

    def read(fractions):
        config = DataConfig(
            "arrays",
            str(path),
            split_fractions=fractions,
            cache_dir=str(tmp_path / "cache"),
        )
        x = open_dataset(config).array("train")
        return _is_mapped(x), len(x), capsys.readouterr().err.count("is kept in")

    first, second = (0.8, 0.1, 0.1), (0.5, 0.2, 0.3)
    assert [read(f) for f in (first, second)] == [(True, 32, 1), (True, 20, 1)]
    assert [read(f) for f in (first, second)] == [(True, 32, 0), (True, 20, 0)]
    (place,) = (tmp_path / "cache").iterdir()
    assert len(_files(place)) == 2
    # Changed records replace the files of both.
    np.save(path, images[::-1])
    os.utime(path, ns=(1, 1))
    assert read(second) == (True, 20, 1)
    assert len(_files(place)) == 1
    assert read(first) == (True, 32, 1)
    assert len(_files(place)) == 2


def test_data_in_memory_stay_there(tmp_path, large):
    dataset = dataclasses.replace(
        tiny_data.tiny_dataset(), cache_dir=str(tmp_path / "cache")
    )
    assert not _is_mapped(dataset.array("train"))
    assert _files(tmp_path) == []


def test_a_remark_is_made_again_without_decoding(tmp_path, large, capsys):

    def black_and_white(picture, path, number):
        picture_folders.color(255 * (picture > 127).astype(np.uint8), path, number)

    picture_folders.folder(tmp_path / "data", black_and_white, n=3)
    remarks = []
    for _ in range(2):
        open_dataset(DataConfig("folder", str(tmp_path / "data"))).array("train")
        remarks.append("--num_levels=2" in capsys.readouterr().err)
    assert remarks == [True, True]
