"""Tests of which files of a folder are images."""

import os
import shutil
import socket

import pytest

from smoothing_tf.data.picture_listing import list_pictures, printable
from tests.testing.picture_folders import color, folder


@pytest.fixture
def root(tmp_path):
    """A folder of three images in each split."""
    folder(tmp_path / "data", color, n=3)
    return tmp_path / "data"


def _splits(root):
    listing = list_pictures(str(root))
    return {s: [p.path for p in files] for s, files in listing.splits.items()}


def _left_out(root):
    return dict(list_pictures(str(root)).left_out)


def _plain(*splits):
    return {s: [f"{s}/00{i}.png" for i in range(3)] for s in sorted(splits)}


ALL = _plain("train", "validation", "test")


def test_files_are_in_the_order_of_their_paths(root):
    for name in ("b", "a-x", "a"):
        shutil.copytree(root / "test", root / "train" / name)
    folders = ["000.png", "001.png", "002.png", "a", "a-x", "b"]
    expected = []
    for name in folders:
        files = [f"{name}/00{i}.png" for i in range(3)] if "." not in name else [name]
        expected += [f"train/{file}" for file in files]
    assert _splits(root)["train"] == expected
    classes = [p.class_folder for p in list_pictures(str(root)).splits["train"]]
    assert classes == [None] * 3 + ["a"] * 3 + ["a-x"] * 3 + ["b"] * 3


def test_hidden_files_and_folders_are_left_out(root):
    hidden = root / "train" / ".ipynb_checkpoints"
    hidden.mkdir()
    for target in (
        hidden / "000-checkpoint.png",
        root / "train" / "._000.png",
        root / "test" / ".DS_Store",
        root / ".hidden.png",
    ):
        shutil.copy(root / "train" / "000.png", target)
    shutil.copytree(root / "train", root / "__MACOSX" / "train")
    (root / "validation" / "__MACOSX").mkdir()
    assert _splits(root) == ALL
    left_out = _left_out(root)
    assert set(left_out.values()) == {"hidden"}
    assert "train/.ipynb_checkpoints/000-checkpoint.png" in left_out
    assert len(left_out) == 4 + 5


def test_other_places_and_names_are_left_out(root):
    (root / "train" / "Thumbs.db").write_bytes(b"x")
    (root / "train" / "notes.txt").write_text("x")
    (root / "labels.csv").write_text("x")
    (root / "train" / "empty.png").touch()
    (root / "train" / "x.png").mkdir()
    shutil.copy(root / "train" / "000.png", root / "train" / "x.png" / "y.png")
    shutil.copy(root / "train" / "000.png", root / "a.png")
    shutil.copytree(root / "test", root / "originals" / "deep")
    shutil.copytree(root / "test", root / "train" / "cat" / "deep")
    assert _splits(root) == ALL
    assert _left_out(root) == {
        "train/Thumbs.db": "not named as an image",
        "train/notes.txt": "not named as an image",
        "labels.csv": "not named as an image",
        "train/empty.png": "empty",
        "train/x.png": "folder named as an image",
        "a.png": "outside train, validation and test",
        **{
            f"originals/deep/00{i}.png": "outside train, validation and test"
            for i in range(3)
        },
        **{f"train/cat/deep/00{i}.png": "below a class folder" for i in range(3)},
    }


def test_pipes_sockets_and_devices_are_not_opened(root, monkeypatch):
    os.mkfifo(root / "train" / "pipe.png")
    os.mkfifo(root / "train" / "pipe")
    (root / "train" / "linked.png").symlink_to("pipe")
    (root / "test" / "null.png").symlink_to(os.devnull)
    monkeypatch.chdir(root / "train")  # The path of a socket must be short.
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket.png")
    server.close()
    assert _splits(root) == ALL
    assert _left_out(root) == {
        "train/pipe.png": "not a regular file",
        "train/pipe": "not a regular file",
        "train/linked.png": "not a regular file",
        "train/socket.png": "not a regular file",
        "test/null.png": "link that leaves the folder",
    }


def test_links_lead_to_what_is_in_the_folder_once(root, tmp_path):
    shutil.copytree(root / "test", tmp_path / "elsewhere")
    shutil.copytree(root / "test", root / ".store")
    train = root / "train"
    links = {
        "loop": ".",
        "loop2": "../train",
        "loop3": "..",
        "absolute": str(train),
        "self.png": "self.png",
        "nothing.png": "absent.png",
        "again.png": "000.png",
        "away.png": str(tmp_path / "elsewhere" / "000.png"),
        "away": str(tmp_path / "elsewhere"),
        "kept.png": "../.store/000.png",
        "class": "../.store",
    }
    for name, target in links.items():
        (train / name).symlink_to(target)
    assert _splits(root)["train"] == [
        "train/000.png",
        "train/001.png",
        "train/002.png",
        "train/class/000.png",
        "train/class/001.png",
        "train/class/002.png",
    ]
    assert {k: v for k, v in _left_out(root).items() if k[0] != "."} == {
        "train/loop": "link to a folder around it",
        "train/loop2": "link to a folder around it",
        "train/loop3": "link to a folder around it",
        "train/absolute": "link to a folder around it",
        "train/self.png": "link to nothing",
        "train/nothing.png": "link to nothing",
        "train/again.png": "link to a file already listed",
        "train/away.png": "link that leaves the folder",
        "train/away": "link that leaves the folder",
        "train/kept.png": "link to a file already listed",
    }


def test_a_link_next_to_its_class_folder_adds_nothing(root):
    (root / "train" / "cat").mkdir()
    for i in range(3):
        (root / "train" / f"00{i}.png").rename(root / "train" / "cat" / f"00{i}.png")
    before = _splits(root)
    (root / "train" / "a cat").symlink_to("cat")
    assert _splits(root) == before


def test_a_split_may_be_a_link_to_another_and_the_folder_a_link(root, tmp_path):
    shutil.rmtree(root / "validation")
    (root / "validation").symlink_to("test")
    (tmp_path / "link").symlink_to(root)
    assert _splits(tmp_path / "link") == ALL
    assert not _left_out(root)


def test_splits_that_link_to_each_other_are_nothing(root):
    shutil.rmtree(root / "validation")
    shutil.rmtree(root / "test")
    (root / "validation").symlink_to("test")
    (root / "test").symlink_to("validation")
    assert _splits(root) == _plain("train")


def test_one_line_says_how_many_files_are_left_out_and_why(root):
    assert list_pictures(str(root)).summary() == ""
    for i in range(3):
        (root / "train" / f"._00{i}.png").write_bytes(b"x")
    (root / "test" / "line\nbreak.txt").write_bytes(b"x")
    summary = list_pictures(str(root)).summary()
    assert summary == (
        "hidden: 3, e.g. train/._000.png; not named as an image: 1,"
        " test/line\\nbreak.txt"
    )


def test_a_folder_that_cannot_be_listed_is_named(root, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("train"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(
        PermissionError, match="^The folder .*train cannot be listed: Permission denied"
    ):
        list_pictures(str(root))


def test_odd_names_are_printable():
    assert printable("a b ü 花") == "a b ü 花"
    assert printable("a\tb\nc") == "a\\tb\\nc"
    assert printable(os.fsdecode(b"caf\xe9")) == "caf\\xe9"
