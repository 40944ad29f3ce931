"""The headers of image files."""

import dataclasses
import io
import os
import struct
from collections.abc import Iterator

import numpy as np
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from smoothing_tf.data.record_error import RecordError

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The readers that are used. `Image.open` would try every reader of Pillow, including
# PostScript, and warn of large files before they are rejected.
_READERS = {
    PNG_SIGNATURE: PngImagePlugin.PngImageFile,
    b"\xff\xd8\xff": JpegImagePlugin.jpeg_factory,
    b"BM": BmpImagePlugin.BmpImageFile,
    b"GIF8": GifImagePlugin.GifImageFile,
    b"II": TiffImagePlugin.TiffImageFile,
    b"MM": TiffImagePlugin.TiffImageFile,
    b"RIFF": WebPImagePlugin.WebPImageFile,
}
PNG_BIT_DEPTH = 24  # Offset of this byte in the file.
_PNG_KIND = 25
_PNG_GREY_KINDS = (0, 4)  # Without and with transparency.
_BITS_PER_SAMPLE = 258  # Tag of TIFF.
_ORIENTATION = 274  # Tag of EXIF.
GREY_MODES = ("1", "L", "LA", "La", "I", "F")
_PALETTE_MODES = ("P", "PA")


@dataclasses.dataclass(frozen=True)
class PictureHeader:
    """The contents of an image file's header.

    Attributes:
      height: height of the shown picture, in pixels.
      width: width of the shown picture, in pixels.
      num_channels: 1 (grey) or 3 (color); transparency does not count.
      is_palette: whether the pixels are numbers of a palette's colors. A palette
        of greys counts as grey, and can be read as color as well.
      num_bits: bits of a value; 8 for files of fewer bits.
      orientation: how the stored picture is to be turned, 1 (not at all) to 8, as
        EXIF numbers it.
    """

    height: int
    width: int
    num_channels: int
    is_palette: bool
    num_bits: int
    orientation: int


def read_header(file: io.BufferedReader) -> tuple[Image.Image, PictureHeader]:
    """Reads the header of an image file, but no pixels.

    Args:
      file: open file, at its start.

    Returns:
      (Pillow's image, not yet decoded; its header).

    Raises:
      RecordError: it is not an image, or its values cannot be converted.
      Exception: whatever Pillow raises for a damaged file.
    """
    image = _parse(file)
    orientation = _orientation(image, file)
    width, height = image.size
    if orientation >= 5:  # These swap width and height.
        width, height = height, width
    return image, PictureHeader(
        height,
        width,
        1 if _is_grey(image, file) else 3,
        image.mode in _PALETTE_MODES,
        _num_bits(image, file),
        orientation,
    )


def _parse(file: io.BufferedReader) -> Image.Image:
    prefix = file.read(12)
    file.seek(0)
    for signature, reader in _READERS.items():
        if prefix.startswith(signature):
            return reader(file)
    raise RecordError("cannot be decoded as an image")


def _num_bits(image: Image.Image, file: io.BufferedReader) -> int:
    if isinstance(image, PngImagePlugin.PngImageFile):
        file.seek(PNG_BIT_DEPTH)
        return max(8, file.read(1)[0])
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return 8
    num_bits = max(8, *image.tag_v2.get(_BITS_PER_SAMPLE, (8,)))
    # With 16 bits Pillow only reads a single channel, in this mode.
    if num_bits == 8 or (num_bits == 16 and image.mode.startswith("I;16")):
        return num_bits
    raise RecordError(f"has {num_bits} bits per value; convert it to 8 bits")


def _is_grey(image: Image.Image, file: io.BufferedReader) -> bool:
    if image.mode in _PALETTE_MODES:
        return _is_grey_palette(image)
    if isinstance(image, PngImagePlugin.PngImageFile):
        file.seek(_PNG_KIND)
        return file.read(1)[0] in _PNG_GREY_KINDS
    return image.mode in GREY_MODES or image.mode.startswith("I;")


def _is_grey_palette(image: Image.Image) -> bool:
    """Whether all colors of a palette, not yet decoded, are greys."""
    palette = image.palette
    colors = np.frombuffer(bytes(palette.palette), np.uint8)
    if (palette.rawmode or palette.mode) == "RGB;L":  # TIFF stores three planes.
        red, green, blue = np.split(colors[: len(colors) // 3 * 3], 3)
    else:
        stride = len(palette.rawmode or palette.mode)
        colors = colors[: len(colors) // stride * stride].reshape(-1, stride)
        red, green, blue = colors[:, 0], colors[:, 1], colors[:, 2]
    return bool(np.all(red == green) and np.all(green == blue))


def _orientation(image: Image.Image, file: io.BufferedReader) -> int:
    """Reads the orientation from the metadata, 1 to 8; 1 is upright."""
    # Pillow itself turns TIFF files.
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return 1
    if isinstance(image, PngImagePlugin.PngImageFile) and "exif" not in image.info:
        late = next(_png_chunks(file, b"eXIf"), None)
        if late is not None:
            image.info["exif"] = late
    if not {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"} & set(
        image.info
    ):
        return 1
    try:
        # The method of PNG images would decode the pixels first.
        found = Image.Image.getexif(image).get(_ORIENTATION, 1)
    except Exception:  # With damaged metadata, viewers show a picture upright.
        return 1
    return found if found in range(1, 9) else 1


def _png_chunks(file: io.BufferedReader, kind: bytes) -> Iterator[bytes]:
    """Yields the contents of the chunks of one kind; skips the others unread."""
    file.seek(len(PNG_SIGNATURE))
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == kind:
            yield file.read(length)
            file.seek(4, os.SEEK_CUR)
        else:
            file.seek(length + 4, os.SEEK_CUR)
