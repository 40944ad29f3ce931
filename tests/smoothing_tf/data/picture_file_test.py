"""Tests of reading image files as viewers show them."""

import errno
import os
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps, PngImagePlugin, TiffImagePlugin

from smoothing_tf.data import picture_file
from smoothing_tf.data.picture_file import open_picture
from smoothing_tf.data.record_format import RecordError

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)
GREY = COLOR[..., 0]
# Two alpha values, one of them opaque.
ALPHA = np.where(np.arange(48).reshape(6, 8) % 2, 255, 0).astype(np.uint8)


def _read(path, size=None):
    with open_picture(path) as picture:
        header = picture.header
        pixels = picture.pixels(header.num_channels, size)
    if size is None:
        assert pixels.shape == (header.height, header.width, header.num_channels)
    return pixels


def _on_white(image, alpha=ALPHA):
    opaque = (alpha > 0)[..., None] if image.ndim == 3 else alpha > 0
    return np.where(opaque, image, 255)


def _bmp(numbers, palette, num_bits, num_colors=None) -> bytes:
    """An uncompressed BMP file of `num_bits` a pixel."""
    height, width = numbers.shape
    rows = b""
    for row in numbers[::-1]:
        bits = "".join(f"{number:0{num_bits}b}" for number in row)
        bits += "0" * (-len(bits) % 32)
        rows += bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    colors = b"".join(bytes([blue, green, red, 0]) for red, green, blue in palette)
    offset = 54 + len(colors)
    header = struct.pack("<IHHI", offset + len(rows), 0, 0, offset)
    info = struct.pack("<IiiHHI", 40, width, height, 1, num_bits, 0)
    num_colors = len(palette) if num_colors is None else num_colors
    info += struct.pack("<IiiII", len(rows), 0, 0, num_colors, 0)
    return b"BM" + header + info + colors + rows


def _png_with_chunk(kind: bytes, content: bytes, late: bool = False) -> bytes:
    encoded = tf.io.encode_png(COLOR).numpy()
    chunk = struct.pack(">I", len(content)) + kind + content
    chunk += struct.pack(">I", zlib.crc32(kind + content))
    place = encoded.index(b"IEND") - 4 if late else 33
    return encoded[:place] + chunk + encoded[place:]


@pytest.mark.parametrize(
    "mode, suffix",
    [
        ("1", "png"),
        ("1", "bmp"),
        ("L", "png"),
        ("L", "bmp"),
        ("L", "jpg"),
        ("P", "png"),
        ("P", "bmp"),
        ("P", "gif"),
        ("RGB", "png"),
        ("RGB", "bmp"),
        ("RGB", "jpg"),
        ("RGB", "webp"),
        ("RGB", "tif"),
        ("CMYK", "jpg"),
        ("CMYK", "tif"),
        ("YCbCr", "jpg"),
        ("LAB", "tif"),
    ],
)
def test_every_mode_is_read_in_the_colors_that_pillow_shows(tmp_path, mode, suffix):
    image = Image.fromarray(COLOR)
    image = image.quantize(8) if mode == "P" else image.convert(mode)
    path = tmp_path / f"x.{suffix}"
    image.save(path)
    wanted = "L" if mode in ("1", "L") else "RGB"
    with Image.open(path) as opened:
        expected = np.asarray(opened.convert(wanted))
    found = _read(path)
    np.testing.assert_array_equal(found, expected.reshape(found.shape))


@pytest.mark.parametrize("transparent", [None, 0, 1])
@pytest.mark.parametrize("num_bits", [1, 2, 4, 8])
def test_grey_png_files_of_few_bits_reach_from_black_to_white(
    tmp_path, num_bits, transparent
):
    levels = RNG.integers(0, 2**num_bits, (6, 8))
    levels[0, :2] = (0, 1)
    rows = b""
    for row in levels:
        bits = "".join(f"{level:0{num_bits}b}" for level in row)
        rows += b"\0" + bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 8, 6, num_bits, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    expected = levels * (255 // (2**num_bits - 1))
    if transparent is not None:
        chunks.insert(1, (b"tRNS", struct.pack(">H", transparent)))
        expected = np.where(levels == transparent, 255, expected)
    encoded = b"\x89PNG\r\n\x1a\n"
    for kind, content in chunks:
        encoded += struct.pack(">I", len(content)) + kind + content
        encoded += struct.pack(">I", zlib.crc32(kind + content))
    (tmp_path / "x.png").write_bytes(encoded)
    np.testing.assert_array_equal(_read(tmp_path / "x.png")[..., 0], expected)


@pytest.mark.parametrize(
    "num_bits, palette",
    [
        (1, [(0, 0, 0), (255, 255, 255)]),
        (1, [(255, 255, 255), (0, 0, 0)]),
        (1, [(250, 20, 30), (1, 2, 3)]),
        # Pillow alone fails on these four.
        (4, [(i, i, i) for i in range(16)]),
        (4, [(i, i, i) for i in range(5)]),
        (4, [(0, 0, 0), (255, 255, 255)]),
        (8, [(0, 0, 0), (255, 255, 255)]),
        (4, [(17 * i, 17 * i, 17 * i) for i in range(16)]),
        (4, [(i, 2 * i, 255 - i) for i in range(16)]),
        (8, [(i, i, i) for i in range(256)]),
        (8, [(255 - i, i // 2, i) for i in range(256)]),
        (8, [(i, i, i) for i in range(5)]),
    ],
)
def test_bmp_files_show_the_colors_of_their_palette(tmp_path, num_bits, palette):
    numbers = RNG.integers(0, len(palette), (6, 7))
    (tmp_path / "x.bmp").write_bytes(_bmp(numbers, palette, num_bits))
    found = _read(tmp_path / "x.bmp")
    is_grey = all(red == green == blue for red, green, blue in palette)
    assert found.shape == (6, 7, 1 if is_grey else 3)
    expected = np.array(palette, np.uint8)[numbers]
    np.testing.assert_array_equal(found, expected[..., : found.shape[-1]])


def test_a_palette_of_greys_is_grey_and_can_be_read_as_color(tmp_path):
    for suffix in ("png", "bmp", "gif", "tif"):
        path = tmp_path / f"x.{suffix}"
        Image.fromarray(GREY).quantize(8).save(path)
        with open_picture(path) as picture:
            assert picture.header.num_channels == 1
            grey, color = picture.pixels(1), picture.pixels(3)
        np.testing.assert_array_equal(color, grey.repeat(3, axis=-1))


@pytest.mark.parametrize(
    "image, expected",
    [
        (Image.fromarray(np.dstack([COLOR, ALPHA])), _on_white(COLOR)),
        (Image.fromarray(np.dstack([GREY, ALPHA])), _on_white(GREY)),
    ],
)
def test_transparent_pixels_are_shown_on_white(tmp_path, image, expected):
    for suffix in ("png", "webp", "tif"):
        path = tmp_path / f"x.{suffix}"
        image.save(path, **({"lossless": True} if suffix == "webp" else {}))
        if image.mode == "LA" and suffix == "webp":
            continue  # WebP has no grey mode.
        np.testing.assert_array_equal(_read(path), expected.reshape(6, 8, -1))


def test_a_transparent_color_is_shown_on_white(tmp_path):
    color = COLOR.copy()
    color[0, :4] = (1, 2, 3)
    Image.fromarray(color).save(tmp_path / "rgb.png", transparency=(1, 2, 3))
    expected = color.copy()
    expected[0, :4] = 255
    np.testing.assert_array_equal(_read(tmp_path / "rgb.png"), expected)
    grey = np.where(GREY == 7, 8, GREY)
    grey[2, 2:5] = 7
    Image.fromarray(grey).save(tmp_path / "grey.png", transparency=7)
    np.testing.assert_array_equal(
        _read(tmp_path / "grey.png")[..., 0], np.where(grey == 7, 255, grey)
    )
    palette = Image.fromarray(color).quantize(8)
    for suffix in ("png", "gif"):
        palette.save(tmp_path / f"p.{suffix}", transparency=3)
        shown = _read(tmp_path / f"p.{suffix}")
        assert np.all(shown[np.asarray(palette) == 3] == 255)
    palette.save(tmp_path / "half.png", transparency=bytes([255, 128, 255, 0]))
    shown = _read(tmp_path / "half.png")
    assert np.all(shown[np.asarray(palette) == 3] == 255)
    number = np.asarray(palette) == 1
    (red, *_) = palette.getpalette()[3:6]
    assert abs(int(shown[number][0, 0]) - (red + 255) / 2) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_their_metadata_say(tmp_path, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    content = exif.tobytes()
    image = Image.fromarray(COLOR)
    for name in ("x.jpg", "x.png", "x.tif", "x.webp"):
        image.save(tmp_path / name, exif=exif, **({"quality": 95}))
    late = _png_with_chunk(b"eXIf", content.removeprefix(b"Exif\0\0"), late=True)
    (tmp_path / "late.png").write_bytes(late)
    xmp = f'<x tiff:Orientation="{orientation}"/>'
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp)
    image.save(tmp_path / "xmp.png", pnginfo=info)
    for path in sorted(tmp_path.iterdir()):
        with Image.open(path) as opened:
            # Chunks after the pixels are known to Pillow once it has decoded them.
            opened.load()
            expected = np.asarray(ImageOps.exif_transpose(opened))
        np.testing.assert_array_equal(_read(path), expected, err_msg=path.name)
        assert expected.shape[0] == (6 if orientation < 5 else 8)


def test_damaged_metadata_leave_a_picture_upright(tmp_path):
    for content in (b"", b"MM\0*", b"II*\0\xff\xff\xff\xff", b"no exif"):
        (tmp_path / "x.png").write_bytes(_png_with_chunk(b"eXIf", content))
        np.testing.assert_array_equal(_read(tmp_path / "x.png"), COLOR)


def test_the_first_of_several_frames_is_read(tmp_path):
    frames = [Image.fromarray(np.full((4, 4), 60 * i, np.uint8)) for i in range(3)]
    for suffix in ("gif", "png", "tif"):
        path = tmp_path / f"x.{suffix}"
        frames[1].save(path, save_all=True, append_images=[frames[2], frames[0]])
        np.testing.assert_array_equal(_read(path), np.full((4, 4, 1), 60))


@pytest.mark.parametrize("num_channels", [1, 2, 3, 4])
def test_values_of_16_bits_become_the_nearest_of_8(tmp_path, num_channels):
    wide = RNG.integers(0, 65536, (6, 8, num_channels), dtype=np.uint16)
    if num_channels in (2, 4):
        wide[..., -1] = 65535
    (tmp_path / "x.png").write_bytes(tf.io.encode_png(wide).numpy())
    with open_picture(tmp_path / "x.png") as picture:
        assert picture.header.num_bits == 16
    expected = np.rint(wide[..., : 1 if num_channels < 3 else 3] / 257)
    np.testing.assert_array_equal(_read(tmp_path / "x.png"), expected)
    if num_channels == 1:
        Image.fromarray(wide[..., 0]).save(tmp_path / "x.tif")
        np.testing.assert_array_equal(_read(tmp_path / "x.tif"), expected)
        white_is_zero = {TiffImagePlugin.PHOTOMETRIC_INTERPRETATION: 0}
        Image.fromarray(wide[..., 0]).save(tmp_path / "x.tif", tiffinfo=white_is_zero)
        np.testing.assert_array_equal(_read(tmp_path / "x.tif"), 255 - expected)


def test_floats_cannot_be_read(tmp_path):
    for dtype in (np.float32, np.int32):
        Image.fromarray(GREY.astype(dtype)).save(tmp_path / "x.tif")
        with pytest.raises(RecordError, match="has 32 bits per value; convert it to 8"):
            _read(tmp_path / "x.tif")


def test_a_size_crops_the_center_and_averages(tmp_path):
    image = np.zeros((8, 20, 3), np.uint8)
    # Everything beyond the middle is cut off; a checkerboard becomes grey.
    image[:, :6] = (255, 0, 0)
    image[:, 14:] = (255, 0, 0)
    image[:, 6:14] = 255 * (np.indices((8, 8)).sum(0) % 2)[..., None]
    Image.fromarray(image).save(tmp_path / "x.png")
    small = _read(tmp_path / "x.png", size=(2, 2))
    assert small.shape == (2, 2, 3)
    np.testing.assert_allclose(small.astype(float), 127.5, atol=3)
    np.testing.assert_array_equal(_read(tmp_path / "x.png", size=(8, 20)), image)
    assert _read(tmp_path / "x.png", size=(16, 5)).shape == (16, 5, 3)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "webp", "tif"])
def test_a_cut_file_is_damaged(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(COLOR).resize((64, 64)).save(path)
    whole = path.read_bytes()
    for share in (0.02, 0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(RecordError, match="cannot be decoded as an image"):
            _read(path)


def test_a_changed_byte_of_a_png_file_is_found(tmp_path):
    whole = tf.io.encode_png(COLOR).numpy()
    for place in range(40, len(whole) - 20, 7):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        (tmp_path / "x.png").write_bytes(bytes(changed))
        with pytest.raises(RecordError, match="cannot be decoded as an image"):
            _read(tmp_path / "x.png")


def test_other_files_are_no_images(tmp_path):
    for content in (b"", b"<html>", b"BM", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"P5 1 1 9 0"):
        (tmp_path / "x.png").write_bytes(content)
        with pytest.raises(RecordError, match="cannot be decoded as an image"):
            _read(tmp_path / "x.png")
    with pytest.raises(RecordError, match="cannot be opened: No such file"):
        _read(tmp_path / "absent.png")


def test_the_content_counts_and_not_the_suffix(tmp_path):
    Image.fromarray(COLOR).save(tmp_path / "x.bmp")
    (tmp_path / "x.bmp").rename(tmp_path / "x.png")
    np.testing.assert_array_equal(_read(tmp_path / "x.png"), COLOR)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("side", [10_000, 20_000])
def test_a_huge_picture_is_refused_by_its_header(tmp_path, side, monkeypatch):
    encoded = bytearray(tf.io.encode_png(GREY[..., None]).numpy())
    encoded[16:24] = struct.pack(">II", side, side)
    encoded[29:33] = struct.pack(">I", zlib.crc32(encoded[12:29]))
    (tmp_path / "x.png").write_bytes(bytes(encoded))
    with pytest.raises(RecordError, match=f"has {side} x {side} pixels, more than"):
        _read(tmp_path / "x.png")


def test_a_file_that_cannot_be_read_is_rejected_with_the_reason(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.new("L", (8, 8)).save(path)

    def fail(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch, pytest.raises(RecordError) as caught:
        patch.setattr(picture_file, "read_header", fail)
        with open_picture(path):
            pass
    assert str(caught.value) == "cannot be read: Input/output error"
    with pytest.raises(RecordError) as caught, open_picture(path) as picture:
        monkeypatch.setattr(picture, "_decode", fail)
        picture.pixels(1)
    assert str(caught.value) == "cannot be read: Input/output error"


def test_a_pipe_is_rejected_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(RecordError, match="^is not a regular file$"):
        with open_picture(tmp_path / "pipe.png"):
            pass
