"""One image file, read as an image viewer shows it."""

import contextlib
import dataclasses
import io
import os
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from smoothing_tf.data.record_format import RecordError

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

_PNG = b"\x89PNG\r\n\x1a\n"
# Pillow's readers of these kinds of files only. `Image.open` would try all that it
# knows, PostScript among them, and warn of large files before we refuse them.
_READERS = {
    _PNG: PngImagePlugin.PngImageFile,
    b"\xff\xd8\xff": JpegImagePlugin.jpeg_factory,
    b"BM": BmpImagePlugin.BmpImageFile,
    b"GIF8": GifImagePlugin.GifImageFile,
    b"II": TiffImagePlugin.TiffImageFile,
    b"MM": TiffImagePlugin.TiffImageFile,
    b"RIFF": WebPImagePlugin.WebPImageFile,
}
_PNG_BIT_DEPTH = 24  # Place of that byte in the file.
_BITS_PER_SAMPLE = 258  # Tag of TIFF.
_ORIENTATION = 274  # Tag of EXIF.
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")
_PALETTE_MODES = ("P", "PA")
_ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
_WHITE = 255


@dataclasses.dataclass(frozen=True)
class PictureHeader:
    """What the first bytes of an image file say.

    Attributes:
      height: in pixels, as shown.
      width: in pixels, as shown.
      num_channels: 1 (grey) or 3 (colour); transparency is no channel.
      is_palette: whether the pixels are numbers of a palette's colours. A palette
        of greys counts as grey, and can be read as colour as well.
      num_bits: bits of a value; 8 for files of fewer bits.
    """

    height: int
    width: int
    num_channels: int
    is_palette: bool
    num_bits: int


class PictureFile:
    """An open image file; see `open_picture`."""

    def __init__(self, file: io.BufferedReader):
        self._file = file
        self._image = _parse(file)
        self._orientation = _orientation(self._image, file)
        width, height = self._image.size
        if self._orientation >= 5:  # These exchange the sides.
            width, height = height, width
        mode = self._image.mode
        is_palette = mode in _PALETTE_MODES
        is_grey = mode in _GREY_MODES or mode.startswith("I;")
        if is_palette:
            is_grey = _is_grey_palette(self._image)
        self.header = PictureHeader(
            height, width, 1 if is_grey else 3, is_palette, _num_bits(self._image, file)
        )

    def pixels(
        self, num_channels: int, size: tuple[int, int] | None = None
    ) -> np.ndarray:
        """Decodes the pixels.

        The first frame is read. It is turned as its metadata say and what is
        transparent is shown on white. Values of 16 bits become round(v / 257).

        Args:
          num_channels: 1 for grey (the luma of ITU-R 601), 3 for colour.
          size: (height, width) to which the picture is cropped around its centre
            and resized with antialiasing; None leaves it as it is.

        Returns:
          uint8 [height, width, num_channels].

        Raises:
          RecordError: the file is damaged, or of a kind that cannot be read.
        """
        with _decoding_errors():
            image = self._decoded()
            mode = "L" if num_channels == 1 else "RGB"
            image = _on_white(image).convert(mode)
            if self._orientation in _TRANSPOSITIONS:
                image = image.transpose(_TRANSPOSITIONS[self._orientation])
            if size is not None:
                image = ImageOps.fit(image, size[::-1], Image.Resampling.BICUBIC)
            return np.asarray(image).reshape(*image.size[::-1], num_channels)

    def _decoded(self) -> Image.Image:
        image, num_bits = self._image, self.header.num_bits
        is_png = isinstance(image, PngImagePlugin.PngImageFile)
        self._file.seek(0)
        if is_png:
            encoded = self._file.read()
            _check_png(encoded)
            if num_bits == 16:
                return _decode_png_16(encoded, self.header.num_channels)
            image = PngImagePlugin.PngImageFile(io.BytesIO(encoded))
        elif isinstance(image, BmpImagePlugin.BmpImageFile):
            encoded = _with_whole_palette(self._file.read())
            image = BmpImagePlugin.BmpImageFile(io.BytesIO(encoded))
        elif num_bits == 16:
            return Image.fromarray(_to_8_bits(np.asarray(image)))
        image.load()
        return image


@contextlib.contextmanager
def open_picture(path: str | os.PathLike) -> Iterator[PictureFile]:
    """Opens an image file and reads its header, not its pixels.

    Raises:
      RecordError: the file cannot be opened, is no image, or one of more pixels than
        `PIL.Image.MAX_IMAGE_PIXELS`.
    """
    try:
        file = open(path, "rb")
    except OSError as error:
        raise RecordError(f"cannot be opened: {error.strerror}") from error
    with file:
        with _decoding_errors():
            picture = PictureFile(file)
        header, limit = picture.header, Image.MAX_IMAGE_PIXELS
        if limit is not None and header.height * header.width > limit:
            raise RecordError(
                f"has {header.height} x {header.width} pixels, more than {limit}"
            )
        yield picture


@contextlib.contextmanager
def _decoding_errors() -> Iterator[None]:
    """Turns what Pillow raises for a damaged file into a RecordError."""
    try:
        yield
    except (MemoryError, RecordError):
        raise
    except Exception as error:
        # Decoders have many ways to fail on a file that is something else.
        raise RecordError("cannot be decoded as an image") from error


def _parse(file: io.BufferedReader) -> Image.Image:
    prefix = file.read(12)
    file.seek(0)
    for signature, reader in _READERS.items():
        if prefix.startswith(signature):
            return reader(file)
    raise RecordError("cannot be decoded as an image")


def _num_bits(image: Image.Image, file: io.BufferedReader) -> int:
    if isinstance(image, PngImagePlugin.PngImageFile):
        file.seek(_PNG_BIT_DEPTH)
        return max(8, file.read(1)[0])
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return 8
    num_bits = max(8, *image.tag_v2.get(_BITS_PER_SAMPLE, (8,)))
    # Of 16 bits Pillow reads a single channel; it has no other use for this mode.
    if num_bits == 8 or (num_bits == 16 and image.mode.startswith("I;16")):
        return num_bits
    raise RecordError(f"has {num_bits} bits per value; convert it to 8 bits")


def _is_grey_palette(image: Image.Image) -> bool:
    """Whether all colours of a palette, not yet decoded, are greys."""
    palette = image.palette
    colours = np.frombuffer(bytes(palette.palette), np.uint8)
    if (palette.rawmode or palette.mode) == "RGB;L":  # Three planes, of TIFF.
        red, green, blue = np.split(colours[: len(colours) // 3 * 3], 3)
    else:
        stride = len(palette.rawmode or palette.mode)
        colours = colours[: len(colours) // stride * stride].reshape(-1, stride)
        red, green, blue = colours[:, 0], colours[:, 1], colours[:, 2]
    return bool(np.all(red == green) and np.all(green == blue))


def _orientation(image: Image.Image, file: io.BufferedReader) -> int:
    """The orientation that the metadata name, 1 to 8; 1 is upright."""
    # Pillow turns TIFF files itself.
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return 1
    if isinstance(image, PngImagePlugin.PngImageFile) and "exif" not in image.info:
        late = next((content for _, content in _png_chunks(file, b"eXIf")), None)
        if late is not None:
            image.info["exif"] = late
    if not {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"} & set(
        image.info
    ):
        return 1
    try:
        # That of PNG would decode the pixels first.
        found = Image.Image.getexif(image).get(_ORIENTATION, 1)
    except Exception:  # Viewers show a picture whose metadata are damaged upright.
        return 1
    return found if found in _TRANSPOSITIONS else 1


def _png_chunks(file: io.BufferedReader, kind: bytes) -> Iterator[tuple[int, bytes]]:
    """(place, content) of the chunks of one kind; the others are skipped unread."""
    file.seek(len(_PNG))
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == kind:
            yield file.tell(), file.read(length)
            file.seek(4, os.SEEK_CUR)
        else:
            file.seek(length + 4, os.SEEK_CUR)


def _check_png(encoded: bytes) -> None:
    """Checks the sums of all chunks, which Pillow does not for pixels.

    Raises:
      ValueError: a chunk is damaged, or the last one missing.
    """
    position = len(_PNG)
    while True:
        length, name = struct.unpack_from(">I4s", encoded, position)
        end = position + 8 + length
        (expected,) = struct.unpack_from(">I", encoded, end)
        if zlib.crc32(memoryview(encoded)[position + 4 : end]) != expected:
            raise ValueError("a chunk is damaged")
        if name == b"IEND":
            return
        position = end + 4


def _decode_png_16(encoded: bytes, num_channels: int) -> Image.Image:
    # Pillow drops the lower byte of colours of 16 bits.
    rgba = tf.io.decode_png(encoded, channels=4, dtype=tf.uint16).numpy()
    rgba = _to_8_bits(rgba)
    return Image.fromarray(rgba[..., [0, 3]] if num_channels == 1 else rgba)


def _to_8_bits(values: np.ndarray) -> np.ndarray:
    return np.rint(values / 257.0).astype(np.uint8)


def _with_whole_palette(encoded: bytes) -> bytes:
    """A BMP file that Pillow reads rightly.

    Pillow takes a palette of 16 or fewer greys, or of black and white, for pixels
    that are stored as greys of 8 bits, or of one, whatever their number of bits. It
    does not when the header declares all of 256 colours.
    """
    offset, header_size = struct.unpack_from("<II", encoded, 10)
    if header_size < 40 or offset == 14 + header_size:
        return encoded
    (num_bits,) = struct.unpack_from("<H", encoded, 28)
    (num_colours,) = struct.unpack_from("<I", encoded, 46)
    if num_bits == 4 or (num_bits == 8 and num_colours == 2):
        return encoded[:46] + struct.pack("<I", 256) + encoded[50:]
    return encoded


def _on_white(image: Image.Image) -> Image.Image:
    """The picture in mode L or RGB, what is transparent shown on white."""
    is_grey = image.mode in _GREY_MODES
    if image.mode not in _ALPHA_MODES and "transparency" not in image.info:
        return image if is_grey else image.convert("RGB")
    image = image.convert("LA" if is_grey else "RGBA")
    alpha = image.getchannel("A")
    opaque = image.convert("L" if is_grey else "RGB")
    white = Image.new(opaque.mode, opaque.size, (_WHITE,) * len(opaque.getbands()))
    return Image.composite(opaque, white, alpha)
