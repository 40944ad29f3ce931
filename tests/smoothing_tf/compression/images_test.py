"""Images are read exactly as they are stored, or refused."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from smoothing_tf.compression.codec import Decompressed
from smoothing_tf.compression.images import check_folder, read_images, write_images
from smoothing_tf.compression.other_formats import sizes_in_other_formats
from smoothing_tf.compression.paths import check_compressed, check_images
from smoothing_tf.data.data_spec import DataSpec

_GREY = DataSpec("tiny", "images", (4, 3, 1), 5)
_COLOR = DataSpec("tiny", "images", (4, 3, 3), 256)


def _levels(data, n=6):
    rng = np.random.default_rng(0)
    return rng.integers(data.num_levels, size=(n, *data.event_shape), dtype=np.uint8)


def _restored(levels, label=None, index=None, damaged=()):
    index = np.arange(len(levels)) if index is None else index
    return Decompressed(levels, label, index, damaged)


@pytest.mark.parametrize("data", [_GREY, _COLOR])
@pytest.mark.parametrize("name", ["images.npz", "images"])
def test_what_is_written_is_read_exactly(tmp_path, data, name):
    levels = _levels(data)
    write_images(tmp_path / name, _restored(levels), data.num_levels)
    again, label = read_images(tmp_path / name, data)
    np.testing.assert_array_equal(again, levels)
    assert label is None


def test_labels_and_the_numbers_of_images_are_stored(tmp_path):
    levels, label, index = _levels(_GREY), np.arange(6) % 2, np.arange(6) + 8
    path = tmp_path / "x.npz"
    write_images(path, _restored(levels, label, index, (0,)), 5)
    np.testing.assert_array_equal(read_images(path, _GREY)[1], label)
    with np.load(path) as file:
        np.testing.assert_array_equal(file["index"], index)


@pytest.mark.parametrize(
    "array, mode, error",
    [
        (np.zeros((4, 3), np.uint16), None, "mode I;16, 16 bits, not a PNG file of"),
        (np.zeros((4, 3, 3), np.uint8), None, "mode RGB, 8 bits, not a PNG file of"),
        (np.zeros((4, 3), np.uint8), "P", "mode P"),
        (np.zeros((3, 4), np.uint8), None, "4 x 3 pixels; .* has 3 x 4"),
        (np.full((4, 3), 7, np.uint8), None, "must hold the 5 levels of the data"),
    ],
)
def test_pictures_that_would_be_converted_are_refused(tmp_path, array, mode, error):
    picture = Image.fromarray(array)
    (picture if mode is None else picture.convert(mode)).save(tmp_path / "0.png")
    with pytest.raises(ValueError, match=error):
        read_images(tmp_path, _GREY)


def test_animations_are_refused(tmp_path):
    frames = [Image.fromarray(np.full((4, 3), value, np.uint8)) for value in (0, 255)]
    frames[0].save(tmp_path / "0.png", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match="0.png: is an animation"):
        read_images(tmp_path, _GREY)


def test_names_are_in_the_order_of_many_images(tmp_path):
    levels, index = _levels(_GREY, 2), np.array([9, 1_000_000])
    write_images(tmp_path / "x", _restored(levels, index=index), 5)
    np.testing.assert_array_equal(read_images(tmp_path / "x", _GREY)[0], levels)
    assert (tmp_path / "x" / "0000009.png").exists()


def test_a_folder_has_no_place_for_labels_and_other_channels():
    check_folder(3, has_labels=False)
    with pytest.raises(ValueError, match="must be a file FILE.npz, since"):
        check_folder(3, has_labels=True)
    with pytest.raises(ValueError, match="FILE.npz for images of 2 channels"):
        check_folder(2, has_labels=False)


def test_files_without_images_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="a folder with PNG files"):
        read_images(tmp_path, _GREY)
    (tmp_path / "0.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="readable without conversion; .*0.png"):
        read_images(tmp_path, _GREY)
    vectors = dataclasses.replace(
        _GREY, kind="vectors", num_levels=None, event_shape=(2,)
    )
    with pytest.raises(ValueError, match="Vectors of real numbers cannot"):
        read_images(tmp_path, vectors)
    np.savez(tmp_path / "x.npz", np.zeros((2, 4, 3, 1)))
    with pytest.raises(ValueError, match="must be uint8 images; got float64"):
        read_images(tmp_path / "x.npz", _GREY)


def test_images_are_not_written_over_others(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(FileExistsError, match="is not empty"):
        check_images(tmp_path, tmp_path / "x")
    new = tmp_path / "new"
    assert check_images(new, tmp_path / "x") == new
    for check in (check_images, check_compressed):
        with pytest.raises(FileExistsError, match="must not be the file that is read"):
            check(tmp_path / "x.npz", tmp_path / "y" / ".." / "x.npz")


def test_other_formats_are_lossless_and_of_whole_files():
    images = 255 * _levels(_GREY, 40) // 4
    sizes = sizes_in_other_formats(images)
    assert {"PNG", "WebP"} <= sizes.keys()
    half = sizes_in_other_formats(images[:20])
    assert all(0 < half[name] < sizes[name] for name in sizes)
    assert sizes_in_other_formats(np.zeros((2, 4, 4, 2), np.uint8)) == {}
