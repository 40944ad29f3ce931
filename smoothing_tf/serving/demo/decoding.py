"""Files of pictures, decoded to colors."""

import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps

from smoothing_tf import artifacts

# A decoded picture has 4 bytes per pixel.
_MAX_MEGAPIXELS = 64
# What Pillow raises for a file that is no picture, or a damaged one.
_DAMAGE = (
    OSError,
    SyntaxError,
    EOFError,
    ValueError,
    IndexError,
    struct.error,
    zlib.error,
)


def read_picture(path: artifacts.Path) -> np.ndarray:
    """Decodes a file, in the orientation that it states and on a white ground.

    Args:
      path: a file in any format that Pillow reads; of an animation, the first picture
        counts.

    Returns:
      uint8 [height, width, 3]. Greys of 16 bits are scaled to 8.

    Raises:
      ValueError: the file is not a picture, is damaged or too large, or holds floats.
    """
    try:
        with warnings.catch_warnings():
            # Our limit is below the size that Pillow warns of.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path)
    except Image.DecompressionBombError as error:
        raise _too_large("too many") from error
    except _DAMAGE as error:
        raise _unreadable() from error
    with image:
        if image.width * image.height > 1e6 * _MAX_MEGAPIXELS:
            raise _too_large(f"{image.width * image.height / 1e6:.0f}")
        _check_holds_integers(image)
        try:
            return put_on_white(ImageOps.exif_transpose(image))
        except _DAMAGE as error:
            raise _unreadable() from error


def put_on_white(image: Image.Image) -> np.ndarray:
    """Composes a picture on white; returns its colors, uint8 [height, width, 3].

    Raises:
      ValueError: the picture holds floats, or Pillow cannot convert it.
    """
    _check_holds_integers(image)
    if image.mode.startswith("I"):
        grey = np.clip(np.asarray(image, np.int64), 0, 65535)
        image = Image.fromarray(np.round(grey / 257).astype(np.uint8))
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(ground, image).convert("RGB"))


def _check_holds_integers(image: Image.Image) -> None:
    if image.mode == "F":
        raise ValueError(
            "The picture holds floats, and the file does not say which values are black"
            " and white. Save it with 8 or 16 bits a channel, e.g. as PNG."
        )


def _too_large(megapixels: str) -> ValueError:
    return ValueError(
        f"The picture has {megapixels} megapixels; at most {_MAX_MEGAPIXELS} can be"
        " read. Make it smaller: it is resized to the data anyway."
    )


def _unreadable() -> ValueError:
    return ValueError(
        "The file cannot be read as a picture: it is damaged or of another kind. Give"
        " a PNG or JPEG file."
    )
