"""One image file, read as an image viewer shows it."""

import contextlib
import io
import os
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import BmpImagePlugin, Image, PngImagePlugin, TiffImagePlugin

from smoothing_tf.data.color_profile import to_srgb
from smoothing_tf.data.picture_header import (
    GREY_MODES,
    PNG_BIT_DEPTH,
    PNG_SIGNATURE,
    read_header,
)
from smoothing_tf.data.record_format import RecordError

# Warning filters are global to the process, so that only one thread may set them.
_LOCK = threading.Lock()
# Orientation in the metadata -> transposition that turns the picture upright.
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
_WHITE = 255
_PHOTOMETRIC = TiffImagePlugin.PHOTOMETRIC_INTERPRETATION
_WHITE_IS_ZERO = 0


class PictureFile:
    """An open image file; see `open_picture`.

    Attributes:
      header: its `PictureHeader`.
    """

    def __init__(self, file: io.BufferedReader):
        self._file = file
        self._image, self.header = read_header(file)

    def pixels(
        self, num_channels: int, size: tuple[int, ...] | None = None
    ) -> np.ndarray:
        """Decodes the pixels.

        Reads the first frame, converts its colors to sRGB and turns it as its metadata
        say; transparent pixels are shown on white. 16-bit values become round(v / 257).

        Args:
          num_channels: 1 for grey (the luma of ITU-R 601), 3 for color.
          size: (height, width) to which the picture is cropped around its center
            and resized with antialiasing; None leaves it as it is.

        Returns:
          uint8 [height, width, num_channels].

        Raises:
          RecordError: the file is damaged, or of a kind that cannot be read.
        """
        with _decoding_errors():
            image = _on_white(self._decode(), self._image.info)
            image = image.convert("L" if num_channels == 1 else "RGB")
            if self.header.orientation in _TRANSPOSITIONS:
                image = image.transpose(_TRANSPOSITIONS[self.header.orientation])
            if size is not None:
                image = _fit(image, *size)
            return np.asarray(image).reshape(*image.size[::-1], num_channels)

    def _decode(self) -> Image.Image:
        image, num_bits = self._image, self.header.num_bits
        is_png = isinstance(image, PngImagePlugin.PngImageFile)
        self._file.seek(0)
        if is_png:
            encoded = self._file.read()
            _check_png(encoded)
            if num_bits == 16:
                return _decode_png_16(encoded, self.header.num_channels)
            image = PngImagePlugin.PngImageFile(io.BytesIO(encoded))
            _scale_transparent_grey(image, encoded)
        elif isinstance(image, BmpImagePlugin.BmpImageFile):
            encoded = _with_whole_palette(self._file.read())
            image = BmpImagePlugin.BmpImageFile(io.BytesIO(encoded))
        elif num_bits == 16:
            values = _to_8_bits(np.asarray(image))
            # Pillow itself inverts such pictures if they have fewer bits.
            is_inverted = image.tag_v2[_PHOTOMETRIC] == _WHITE_IS_ZERO
            return Image.fromarray(_WHITE - values if is_inverted else values)
        image.load()
        return image


@contextlib.contextmanager
def open_picture(path: str | os.PathLike) -> Iterator[PictureFile]:
    """Opens an image file and reads its header, not its pixels.

    Raises:
      RecordError: the file cannot be opened or read, is not an image, or has more
        pixels than `PIL.Image.MAX_IMAGE_PIXELS`.
    """
    try:
        file = open(path, "rb", opener=_open_at_once)
    except OSError as error:
        raise RecordError(f"cannot be opened: {error.strerror}") from error
    with file:
        # Whatever has been listed, another file may be there now.
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise RecordError("is not a regular file")
        # Pillow warns of flaws that viewers ignore, e.g. of damaged metadata.
        with _decoding_errors(), _LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = PictureFile(file)
        header, limit = picture.header, Image.MAX_IMAGE_PIXELS
        if limit is not None and header.height * header.width > limit:
            raise RecordError(
                f"has {header.height} x {header.width} pixels, more than {limit}"
            )
        yield picture


def _open_at_once(path: str, flags: int) -> int:
    # Otherwise a named pipe without a writer would block.
    return os.open(path, flags | os.O_NONBLOCK)


@contextlib.contextmanager
def _decoding_errors() -> Iterator[None]:
    """Turns an error that Pillow raises for a damaged file into a RecordError."""
    try:
        yield
    except (MemoryError, RecordError):
        raise
    except OSError as error:
        # Pillow raises errors of this kind as well, without the number of an error.
        if error.errno is None:
            raise RecordError("cannot be decoded as an image") from error
        raise RecordError(f"cannot be read: {error.strerror}") from error
    except Exception as error:
        # Decoders fail in many ways on a file of another kind.
        raise RecordError("cannot be decoded as an image") from error


def _check_png(encoded: bytes) -> None:
    """Verifies the checksums of all chunks; Pillow skips those of the pixels.

    Raises:
      ValueError: a chunk is damaged, or the last one is missing.
    """
    position = len(PNG_SIGNATURE)
    while True:
        length, name = struct.unpack_from(">I4s", encoded, position)
        end = position + 8 + length
        (expected,) = struct.unpack_from(">I", encoded, end)
        if zlib.crc32(memoryview(encoded)[position + 4 : end]) != expected:
            raise ValueError("a chunk is damaged")
        if name == b"IEND":
            return
        position = end + 4


def _scale_transparent_grey(image: PngImagePlugin.PngImageFile, encoded: bytes) -> None:
    """Scales the transparent grey of 2 or 4 bits, as Pillow scales the pixels."""
    num_bits = encoded[PNG_BIT_DEPTH]
    if image.mode == "L" and num_bits < 8 and "transparency" in image.info:
        image.info["transparency"] *= 255 // (2**num_bits - 1)


def _decode_png_16(encoded: bytes, num_channels: int) -> Image.Image:
    # Pillow drops the lower byte of 16-bit colors.
    rgba = tf.io.decode_png(encoded, channels=4, dtype=tf.uint16).numpy()
    rgba = _to_8_bits(rgba)
    return Image.fromarray(rgba[..., [0, 3]] if num_channels == 1 else rgba)


def _to_8_bits(values: np.ndarray) -> np.ndarray:
    return np.rint(values / 257.0).astype(np.uint8)


def _with_whole_palette(encoded: bytes) -> bytes:
    """Changes the header of a BMP file so that Pillow reads it correctly.

    If a palette holds at most 16 greys, or black and white, Pillow reads the pixels as
    8-bit or 1-bit greys, whatever their number of bits, unless the header declares 256
    colors.
    """
    offset, header_size = struct.unpack_from("<II", encoded, 10)
    if header_size < 40 or offset == 14 + header_size:
        return encoded
    (num_bits,) = struct.unpack_from("<H", encoded, 28)
    (num_colors,) = struct.unpack_from("<I", encoded, 46)
    if num_bits == 4 or (num_bits == 8 and num_colors == 2):
        return encoded[:46] + struct.pack("<I", 256) + encoded[50:]
    return encoded


def _fit(image: Image.Image, height: int, width: int) -> Image.Image:
    """Crops around the center to the aspect ratio, then resizes with antialiasing."""
    if image.size == (width, height):
        return image
    scale = min(image.width / width, image.height / height)
    kept = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (image.width - kept[0]) // 2, (image.height - kept[1]) // 2
    # Resizing with a box would let the filter use pixels outside of it.
    image = image.crop((left, top, left + kept[0], top + kept[1]))
    return image.resize((width, height), Image.Resampling.BICUBIC)


def _on_white(image: Image.Image, info: Mapping[str, Any]) -> Image.Image:
    """Converts to mode L or RGB, with transparent pixels shown on white."""
    is_grey = image.mode in GREY_MODES
    mode = "L" if is_grey else "RGB"
    if image.mode not in _ALPHA_MODES and "transparency" not in image.info:
        # A CMYK profile applies to CMYK values, before any conversion.
        return to_srgb(image if image.mode == "CMYK" else image.convert(mode), info)
    image = image.convert("LA" if is_grey else "RGBA")
    opaque = to_srgb(image.convert(mode), info)
    white = Image.new(mode, opaque.size, (_WHITE,) * len(opaque.getbands()))
    return Image.composite(opaque, white, image.getchannel("A"))
