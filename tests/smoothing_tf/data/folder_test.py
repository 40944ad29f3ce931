"""Tests of data sets in folders of image files, opened as every command opens them."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from smoothing_tf.data.dataset import DataConfig, open_dataset
from tests.testing.picture_folders import SPLITS, color, folder, grey


def _open(root, **settings):
    return open_dataset(DataConfig("folder", str(root), **settings))


def _bit(picture, path, number):
    del number
    Image.fromarray(picture[..., 0]).convert("1", dither=0).save(path)


def _one_grey(picture, path, number):
    (grey if number == 0 else color)(picture, path, number)


def test_palettes_are_colors(tmp_path):
    pictures = folder(
        tmp_path / "pal",
        lambda a, p, i: Image.fromarray(a).quantize(8).save(p),
        ext="bmp",
    )
    dataset = _open(tmp_path / "pal")
    assert dataset.event_shape == (8, 8, 3)
    quantized = Image.fromarray(pictures["train"][5]).quantize(8).convert("RGB")
    np.testing.assert_array_equal(dataset.array("train")[5], np.asarray(quantized))


@pytest.mark.parametrize("ext", ["png", "bmp"])
def test_black_and_white_pictures(tmp_path, ext, capsys):
    pictures = folder(tmp_path / "bit", _bit, ext=ext)
    expected = pictures["train"][..., :1] >= 128
    dataset = _open(tmp_path / "bit")
    np.testing.assert_array_equal(dataset.array("train"), 255 * expected)
    dataset.array("test")
    (hint,) = capsys.readouterr().err.splitlines()
    assert "--num_levels=2 models them as 2" in hint
    dataset = _open(tmp_path / "bit", num_levels=2)
    assert dataset.num_levels == 2
    np.testing.assert_array_equal(dataset.array("train"), expected)
    assert capsys.readouterr().err == ""


def test_other_files_than_images_are_left_out_and_counted(tmp_path, capsys):
    pictures = folder(tmp_path / "data", color, n=4)
    (tmp_path / "data" / "__MACOSX").mkdir()
    for path in sorted((tmp_path / "data").rglob("*.png")):
        shutil.copy(path, path.parent / f"._{path.name}")
    os.mkfifo(tmp_path / "data" / "train" / "pipe.png")
    (tmp_path / "data" / "train" / "loop").symlink_to(".")
    dataset = _open(tmp_path / "data")
    for split in SPLITS:
        np.testing.assert_array_equal(dataset.array(split), pictures[split])
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"Left out 14 files of {tmp_path}/data (hidden: 12, e.g. test/._000.png; link"
        " to a folder around it: 1, train/loop; not a regular file: 1,"
        " train/pipe.png)."
    )


def test_a_hidden_class_is_none(tmp_path):
    for name in ("cat", "dog", ".ipynb_checkpoints"):
        folder(tmp_path / name, color, n=2)
    for split in SPLITS:
        (tmp_path / "data" / split).mkdir(parents=True)
        for name in ("cat", "dog", ".ipynb_checkpoints"):
            (tmp_path / name / split).rename(tmp_path / "data" / split / name)
    dataset = _open(tmp_path / "data")
    assert dataset.source.class_names == ("cat", "dog")
    assert dataset.labels("train").tolist() == [0, 0, 1, 1]


def test_one_grey_file_among_colors_accuses_itself_alone(tmp_path):
    folder(tmp_path / "data", _one_grey)
    dataset = _open(tmp_path / "data")
    assert dataset.event_shape == (8, 8, 3)
    with pytest.raises(ValueError) as caught:
        dataset.array("train")
    message = str(caught.value)
    assert message.startswith("Record 0 of the split 'train' of 'data' (")
    assert "/train/000.png) has shape (8, 8, 1) instead of (8, 8, 3);" in message
    assert "repair or remove it, or run the pipeline" in message
    # 1 of 24 in every split.
    assert "--max_rejected_fraction=0.0417). To convert all images to one" in message
    assert message.endswith(" shape, give --image_size=8,8 --image_mode=color.")
    both = _open(tmp_path / "data", image_mode="color")
    assert both.array("train").shape == (24, 8, 8, 3)
    assert _open(tmp_path / "data", image_mode="grey").event_shape == (8, 8, 1)


def test_an_odd_test_file_is_not_blamed_on_training(tmp_path):
    folder(tmp_path / "data", color)
    odd = tmp_path / "data" / "test" / "a00.png"
    Image.new("L", (5, 4)).save(odd)
    dataset = _open(tmp_path / "data")
    assert len(dataset.array("train")) == 24
    with pytest.raises(ValueError, match="^Record 24 of the split 'test'.*a00.png"):
        dataset.array("test")


def test_the_fraction_suffices_for_all_splits(tmp_path):
    folder(tmp_path / "data", color, n=12)
    for split, n in (("train", 1), ("test", 5)):
        for i in range(n):
            (tmp_path / "data" / split / f"00{i}.png").write_bytes(b"<html>")
    with pytest.raises(ValueError, match=r"--max_rejected_fraction=0\.417\)"):
        _open(tmp_path / "data").array("train")


def test_sizes_are_brought_together_on_request(tmp_path):
    def save(picture, path, number):
        Image.fromarray(picture).resize((8 + number, 8)).save(path)

    folder(tmp_path / "data", save)
    with pytest.raises(ValueError, match="23 more of 24 are unsound|are unsound"):
        _open(tmp_path / "data").array("train")
    dataset = _open(tmp_path / "data", image_size=(4, 6))
    assert dataset.array("train").shape == (24, 4, 6, 3)


def test_only_missing_conversions_are_suggested(tmp_path):
    folder(tmp_path / "data", _one_grey)
    with pytest.raises(ValueError, match="shape, give --image_mode=color.$"):
        _open(tmp_path / "data", image_size=(4, 4)).array("train")
    (tmp_path / "data" / "train" / "000.png").write_bytes(b"<html>")
    with pytest.raises(ValueError, match=r"fraction=0\.0417\)\.$"):
        _open(tmp_path / "data").array("train")


def test_names_of_files_are_one_line_of_text_in_messages(tmp_path):
    folder(tmp_path / "data", color, n=2)
    for name in (b"a\nb.png", b"\xff.png"):
        with open(os.fsencode(tmp_path / "data" / "train" / "_") + name, "wb") as file:
            Image.new("L", (3, 3)).save(file, "PNG")
    with pytest.raises(ValueError) as caught:
        _open(tmp_path / "data").array("train")
    assert r"/train/_a\nb.png) has shape (3, 3, 1)" in str(caught.value)
    assert r"/train/_\xff.png)" in str(caught.value)


def test_16_bits_need_a_request(tmp_path):
    def save(picture, path, number):
        Image.fromarray(picture[..., 0].astype(np.uint16) * 257).save(path)

    pictures = folder(tmp_path / "data", save)
    with pytest.raises(ValueError, match="from 2 to 256 .*65536.*--num_levels=256 do"):
        _open(tmp_path / "data")
    dataset = _open(tmp_path / "data", num_levels=256)
    np.testing.assert_array_equal(dataset.array("train"), pictures["train"][..., :1])


def test_a_huge_file_is_refused_without_decoding_it(tmp_path):
    folder(tmp_path / "data", color, n=30)
    huge = tmp_path / "data" / "train" / "huge.png"
    Image.new("1", (20_000, 20_000)).save(huge)
    limit = Image.MAX_IMAGE_PIXELS
    with pytest.raises(
        ValueError, match=f"huge.png. has 20000 x 20000 pixels, more than {limit}"
    ):
        _open(tmp_path / "data").array("train")


@pytest.mark.parametrize("name", ["102flowers", "花", "a b", "x" * 200, ".hidden", "-"])
def test_the_folder_may_have_any_name(tmp_path, name, monkeypatch):
    folder(tmp_path / name, color, n=2)
    assert _open(f"{tmp_path / name}/").name == name
    monkeypatch.chdir(tmp_path / name)
    dataset = _open(".")
    assert dataset.name == name
    assert len(dataset.array("train")) == 2


def test_a_split_of_no_images_is_refused_at_once(tmp_path):
    folder(tmp_path / "data", color, n=2)
    for i in range(2):
        (tmp_path / "data" / "test" / f"00{i}.png").rename(
            tmp_path / "data" / "test" / f"._00{i}.png"
        )
    with pytest.raises(ValueError, match="'test' of 'data' must hold at least one ima"):
        _open(tmp_path / "data")


def test_links_that_leave_the_folder_are_named_where_nothing_is_left(tmp_path):
    folder(tmp_path / "store", color, n=2)
    (tmp_path / "data").mkdir()
    for split in SPLITS:
        (tmp_path / "data" / split).symlink_to(tmp_path / "store" / split)
    with pytest.raises(
        ValueError, match=r"left out: link that leaves the folder: 3, e\.g\. "
    ):
        _open(tmp_path / "data")


@pytest.mark.parametrize(
    "settings, message",
    [
        (
            {"image_mode": "grey"},
            "`image_mode` only applies to --dataset=folder; got g",
        ),
        (
            {"image_size": (4, 4)},
            "`image_size` only applies .* got 4,4 with --dataset=digits",
        ),
        ({"num_levels": 2}, "`num_levels` only applies .* got 2 with"),
    ],
)
def test_conversions_are_for_folders(settings, message):
    with pytest.raises(ValueError, match=message):
        DataConfig("digits", **settings)


def test_a_size_is_two_numbers():
    for size in ((4,), (1, 2, 3), ()):
        with pytest.raises(
            ValueError, match="`image_size` must be two numbers, HEIGHT"
        ):
            DataConfig("folder", "data", image_size=size)
    with pytest.raises(ValueError, match="`image_size` must be at least 1; got 0"):
        DataConfig("folder", "data", image_size=(0, 4))
