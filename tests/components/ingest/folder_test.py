"""Ingest of folders of image files: the same data as training reads."""

import errno
import os
import shutil
import socket

import numpy as np
import pytest
from PIL import Image

from components.ingest.executor import run
from smoothing_tf.artifacts import read_json
from smoothing_tf.data.dataset import DataConfig, open_dataset
from tests.testing.picture_folders import SPLITS, color, folder, grey


def _ingest(data_dir, output_dir, max_rejected_fraction=0.0, **settings):
    run(
        dataset="folder",
        data_dir=str(data_dir),
        max_rejected_fraction=max_rejected_fraction,
        beam_runner="DirectRunner",
        beam_options=[],
        output_dir=str(output_dir),
        **settings,
    )
    return open_dataset(DataConfig("directory", str(output_dir)))


def _turned(picture, path, number):
    exif = Image.Exif()
    exif[274] = number % 8 + 1
    Image.fromarray(picture).save(path, exif=exif)


def _transparent(picture, path, number):
    alpha = picture[..., :1]
    Image.fromarray(np.concatenate([picture, alpha], axis=-1)).save(path)


@pytest.mark.parametrize(
    "save, ext, settings",
    [
        (color, "jpg", {}),
        (_turned, "png", {}),
        (_transparent, "png", {}),
        (lambda a, p, i: Image.fromarray(a).quantize(8).save(p), "bmp", {}),
        (lambda a, p, i: Image.fromarray(a[..., 0]).convert("1").save(p), "bmp", {}),
        (grey, "png", {"image_mode": "color", "image_size": [4, 6]}),
        (color, "jpg", {"image_mode": "grey", "num_levels": 5}),
    ],
)
def test_ingest_stores_what_training_reads(tmp_path, save, ext, settings):
    folder(tmp_path / "data", save, n=9, ext=ext)
    stored = _ingest(tmp_path / "data", tmp_path / "out", **settings)
    size = settings.get("image_size")
    settings |= {"image_size": size and tuple(size)}
    read = open_dataset(DataConfig("folder", str(tmp_path / "data"), **settings))
    assert stored.num_levels == read.num_levels
    assert stored.event_shape == read.event_shape
    for split in SPLITS:
        np.testing.assert_array_equal(stored.array(split), read.array(split))


def test_every_rejected_and_left_out_file_is_named(tmp_path, capsys):
    def save(picture, path, number):
        is_odd = number % 2 and number < 26
        (grey if is_odd else color)(picture, path, number)

    data = tmp_path / "data"
    folder(data, save, n=40)
    os.mkfifo(data / "train" / "pipe.png")
    (data / "__MACOSX").mkdir()
    for i in range(12):
        shutil.copy(data / "test" / f"{i:03d}.png", data / "test" / f"._{i:03d}.png")
    stored = _ingest(data, tmp_path / "out", max_rejected_fraction=0.325)
    assert stored.num_examples == dict.fromkeys(sorted(SPLITS), 27)
    rejects = read_json(tmp_path / "out" / "rejects.json")
    odd = [f"{i:03d}.png" for i in range(1, 26, 2)]
    for split in SPLITS:
        assert rejects[split]["count"] == 13
        records = rejects[split]["records"]
        assert [record["place"] for record in records] == [
            str(data / split / name) for name in odd
        ]
        assert len(rejects[split]["first"]) == 10
    assert {file["path"]: file["reason"] for file in rejects["left_out"]} == {
        "train/pipe.png": "not a regular file",
        **{f"test/._{i:03d}.png": "hidden" for i in range(12)},
    }
    assert capsys.readouterr().err.startswith("Left out 13 files of ")


def test_the_advice_works(tmp_path):
    data = tmp_path / "data"
    folder(data, color)
    for split, numbers in (("train", range(7)), ("test", range(5))):
        for i in numbers:
            Image.new("L", (8, 8)).save(data / split / f"{i:03d}.png")
    with pytest.raises(ValueError) as caught:
        _ingest(data, tmp_path / "out")
    message = str(caught.value)
    assert "without 5 of 24 records of the split 'test' and 7 of 24 records" in message
    assert message.endswith("give --image_size=8,8 --image_mode=color.")
    fraction = float(message.split("at least ")[1].split()[0])
    assert fraction == 0.292
    stored = _ingest(data, tmp_path / "out", max_rejected_fraction=fraction)
    assert stored.num_examples == {"test": 19, "train": 17, "validation": 24}


def test_files_that_cannot_be_read_are_rejected(tmp_path, monkeypatch):
    data = tmp_path / "data"
    folder(data, color, n=40)
    (data / "train" / "folder.png").mkdir()
    (data / "train" / "dangling.png").symlink_to("nowhere.png")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(data / "train")
        server.bind("socket.png")
    failures = {"000.png": errno.EACCES, "001.png": errno.EIO, "002.png": errno.ELOOP}
    open_file = os.open

    def fail_to_open(path, flags, *args, **kwargs):
        name = os.path.basename(path)
        if str(path).startswith(str(data / "train")) and name in failures:
            raise OSError(failures[name], os.strerror(failures[name]))
        return open_file(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", fail_to_open)
    stored = _ingest(data, tmp_path / "out", max_rejected_fraction=0.1)
    assert stored.num_examples["train"] == 37
    rejects = read_json(tmp_path / "out" / "rejects.json")
    assert {
        os.path.basename(record["place"]): record["reason"]
        for record in rejects["train"]["records"]
    } == {
        "000.png": "cannot be opened: Permission denied",
        "001.png": "cannot be opened: Input/output error",
        "002.png": "cannot be opened: Too many levels of symbolic links",
    }
    assert {file["path"]: file["reason"] for file in rejects["left_out"]} == {
        "train/folder.png": "folder named as an image",
        "train/dangling.png": "link to nothing",
        "train/socket.png": "not a regular file",
    }


@pytest.mark.parametrize(
    "name", ["102flowers", "花", "x" * 250, ".", "My Photos!", "_", "Été"]
)
def test_a_folder_of_any_name_is_stored(tmp_path, name, monkeypatch):
    root = tmp_path / "here" if name == "." else tmp_path / name
    pictures = folder(root, color, n=2)
    if name == ".":
        monkeypatch.chdir(root)
    stored = _ingest(name if name == "." else root, tmp_path / "out")
    np.testing.assert_array_equal(stored.array("train"), pictures["train"])


def test_classes_of_any_name_are_stored(tmp_path):
    names = ["a b", " c ", "ü", "花", "1", "é\nf"]
    for name in names:
        for split in SPLITS:
            (tmp_path / "data" / split / name).mkdir(parents=True)
            Image.new("L", (4, 4)).save(tmp_path / "data" / split / name / "0.png")
    stored = _ingest(tmp_path / "data", tmp_path / "out")
    read = open_dataset(DataConfig("folder", str(tmp_path / "data")))
    assert stored.source.class_names == read.source.class_names
    np.testing.assert_array_equal(stored.labels("train"), read.labels("train"))
