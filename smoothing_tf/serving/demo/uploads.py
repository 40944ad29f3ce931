"""Pictures of a user, in the form of the data."""

import math

import numpy as np
from PIL import Image, ImageOps

from smoothing_tf.numerics import levels_to_uint8, uint8_to_levels
from smoothing_tf.serving.demo.decoding import put_on_white

# A picture that is shown to be drawn on has at least this many pixels per side.
_MIN_SIDE = 320


def fit_picture(
    picture: np.ndarray, event_shape: tuple[int, ...], num_levels: int
) -> np.ndarray:
    """Crops a picture to the shape of an example and rounds it to the levels.

    An enlargement of an image of the data, by `enlarge`, becomes that image again.

    Args:
      picture: uint8 [height, width, 1, 3 or 4] or [height, width]; what is transparent
        becomes white.
      event_shape: (h, w, c), c of 1 or 3.
      num_levels: L, the number of levels.

    Returns:
      uint8 [h, w, c], the grey levels round(255 i / (L - 1)).
    """
    height, width, channels = event_shape
    array = np.atleast_3d(np.asarray(picture, np.uint8))
    image = Image.fromarray(array if array.shape[-1] >= 3 else array[..., 0])
    image = Image.fromarray(put_on_white(image))
    image = image.convert("L" if channels == 1 else "RGB")
    fitted = _fit(image, width, height)
    levels = uint8_to_levels(fitted.reshape(event_shape), num_levels).numpy()
    return levels_to_uint8(levels.astype(np.uint8), num_levels)


def known_pixels(paint: np.ndarray, event_shape: tuple[int, ...]) -> np.ndarray:
    """Finds the pixels that nobody has painted over.

    Args:
      paint: bool [height, width], True where the enlarged picture is painted over;
        cropped as `fit_picture` crops the picture.
      event_shape: (h, w, c).

    Returns:
      uint8 [h, w]: 0, missing, where at least half of a pixel is painted over, and 1
      elsewhere.
    """
    height, width = event_shape[:2]
    painted = _fit(Image.fromarray(np.asarray(paint, np.float32)), width, height)
    return (painted < 0.5).astype(np.uint8)


def enlarge(image: np.ndarray) -> np.ndarray:
    """Enlarges an image to one that can be drawn on.

    Args:
      image: uint8 [h, w, c].

    Returns:
      uint8 [h s, w s, 3] for a whole number s, each pixel a square.
    """
    scale = scale_of(image.shape)
    large = image.repeat(scale, axis=0).repeat(scale, axis=1)
    return to_color(large)


def scale_of(event_shape: tuple[int, ...]) -> int:
    """Returns s, by which `enlarge` enlarges images (h, w, c)."""
    return math.ceil(_MIN_SIDE / min(event_shape[:2]))


def to_color(image: np.ndarray) -> np.ndarray:
    """Gives a grey image [..., 1] three channels; leaves others as they are."""
    return image.repeat(3 // image.shape[-1], axis=-1)


def _fit(image: Image.Image, width: int, height: int) -> np.ndarray:
    """Crops the middle and averages over the pixels that become one."""
    return np.asarray(ImageOps.fit(image, (width, height), Image.Resampling.BOX))
