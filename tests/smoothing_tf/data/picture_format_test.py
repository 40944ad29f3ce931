"""Tests of the conversion and the checks of a folder's image files."""

import os

import numpy as np
import pytest
from PIL import Image

from smoothing_tf.data.picture_file import PictureFile
from smoothing_tf.data.picture_format import (
    PATH_FEATURE,
    PictureConversion,
    PictureFormat,
)
from smoothing_tf.data.picture_shapes import most_common_shape
from smoothing_tf.data.record_format import RecordError, RecordFormat, encode_record

COLOR = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


def _format(shape=(6, 8, 3), **conversion):
    num_levels = conversion.get("num_levels", 256)
    return PictureFormat(
        "image", shape, "uint8", num_levels, conversion=PictureConversion(**conversion)
    )


def _decode(record_format, path):
    return record_format.decode(encode_record(PATH_FEATURE, os.fsencode(path)))[0]


def _save(path, array):
    Image.fromarray(array).save(path)
    return path


@pytest.mark.parametrize("num_levels", [2, 3, 17, 100, 255])
def test_levels_are_the_nearest_ones(tmp_path, num_levels):
    path = _save(tmp_path / "x.png", np.arange(256, dtype=np.uint8).reshape(16, 16))
    record_format = _format((16, 16, 1), num_levels=num_levels)
    levels = _decode(record_format, path)
    expected = [round(i * (num_levels - 1) / 255) for i in range(256)]
    np.testing.assert_array_equal(levels.ravel(), expected)


def test_grey_and_color_on_request(tmp_path):
    color = _save(tmp_path / "color.png", COLOR)
    grey = _save(tmp_path / "grey.png", COLOR[..., 0])
    luma = np.asarray(Image.fromarray(COLOR).convert("L"))[..., None]
    as_grey = _format((6, 8, 1), mode="grey")
    np.testing.assert_array_equal(_decode(as_grey, color), luma)
    np.testing.assert_array_equal(_decode(as_grey, grey), COLOR[..., :1])
    as_color = _format(mode="color")
    np.testing.assert_array_equal(_decode(as_color, color), COLOR)
    np.testing.assert_array_equal(
        _decode(as_color, grey), COLOR[..., :1].repeat(3, axis=-1)
    )


def test_without_a_request_another_shape_is_refused_before_decoding(
    tmp_path, monkeypatch
):
    def refuse(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(PictureFile, "pixels", refuse)
    path = _save(tmp_path / "x.png", COLOR[..., 0])
    with pytest.raises(RecordError, match=r"^has shape \(6, 8, 1\) instead of \(6, 8"):
        _decode(_format(), path)
    path = _save(tmp_path / "x.png", COLOR[:5])
    with pytest.raises(RecordError, match=r"^has shape \(5, 8, 3\) instead of \(6, 8"):
        _decode(_format(), path)


def test_a_palette_of_greys_goes_with_grey_and_with_color(tmp_path):
    path = tmp_path / "x.png"
    Image.fromarray(COLOR[..., 0]).quantize(8).save(path)
    grey, color = _decode(_format((6, 8, 1)), path), _decode(_format(), path)
    np.testing.assert_array_equal(color, grey.repeat(3, axis=-1))
    Image.fromarray(COLOR).quantize(8).save(path)
    with pytest.raises(
        RecordError, match=r"^has shape \(6, 8, 3\) instead of \(6, 8, 1"
    ):
        _decode(_format((6, 8, 1)), path)


def test_16_bits_are_converted_on_request_alone(tmp_path):
    wide = COLOR[..., 0].astype(np.uint16) * 257
    path = _save(tmp_path / "x.png", wide)
    with pytest.raises(RecordError, match="has 16 bits .* --num_levels=256 do so"):
        _decode(_format((6, 8, 1)), path)
    converted = _decode(_format((6, 8, 1), num_levels=256), path)
    np.testing.assert_array_equal(converted, COLOR[..., :1])


@pytest.mark.parametrize("num_channels, num_levels", [(1, 2), (3, 256)])
def test_what_is_stored_decodes_to_the_same(tmp_path, num_channels, num_levels):
    path = _save(tmp_path / "x.jpg", COLOR)
    shape, mode = (4, 4, num_channels), "grey" if num_channels == 1 else "color"
    record_format = _format(shape, mode=mode, size=(4, 4), num_levels=num_levels)
    record = encode_record(PATH_FEATURE, os.fsencode(path))
    x, label = record_format.decode(record)
    stored = RecordFormat("image", shape, "uint8", num_levels)
    again, _ = stored.decode(record_format.make_record(record, x, label))
    np.testing.assert_array_equal(again, x)


@pytest.mark.parametrize(
    "values, few", [([0, 255], 2), ([0, 85, 170], 4), ([17, 255], 16)]
)
def test_values_of_few_levels_get_a_hint(values, few):
    x = np.array(values, np.uint8)
    assert f"--num_levels={few} " in _format().remark_on(x)
    assert _format(num_levels=256).remark_on(x) is None


def test_other_values_get_none():
    for values in ([0], [0, 254], [0, 1, 2], range(256)):
        assert _format().remark_on(np.array(values, np.uint8)) is None


def _files(tmp_path, *shapes):
    paths = []
    for i, shape in enumerate(shapes):
        array = np.zeros(shape, np.uint8)
        paths.append(str(_save(tmp_path / f"{i}.png", array)))
    return paths


def test_the_most_common_shape_wins_in_any_order(tmp_path):
    paths = _files(tmp_path, (6, 8), (6, 8, 3), (4, 4, 3), (6, 8, 3))
    for order in (paths, paths[::-1], paths[1:] + paths[:1]):
        shape, num_bits = most_common_shape(order, PictureConversion(), "x")
        assert (shape, num_bits) == ((6, 8, 3), 8)
    # Equal counts of both still give one answer.
    ties = [
        most_common_shape(o, PictureConversion(), "x")
        for o in (paths[:2], paths[1::-1])
    ]
    assert ties[0] == ties[1]


def test_conversions_leave_less_to_decide(tmp_path):
    paths = _files(tmp_path, (6, 8), (6, 8, 3), (4, 4, 3))
    for conversion, expected in (
        (PictureConversion(size=(2, 5)), (2, 5, 3)),
        (PictureConversion("grey"), (6, 8, 1)),
        (PictureConversion("grey", (3, 3)), (3, 3, 1)),
    ):
        assert most_common_shape(paths, conversion, "x")[0] == expected


def test_files_that_cannot_be_read_have_no_say(tmp_path):
    damaged = tmp_path / "a.png"
    damaged.write_bytes(b"<html>")
    paths = [str(damaged)] * 3 + _files(tmp_path, (6, 8))
    assert most_common_shape(paths, PictureConversion(), "x")[0] == (6, 8, 1)
    with pytest.raises(ValueError, match="'x' has no image that can be decoded. First"):
        most_common_shape(paths[:3], PictureConversion(), "x")
