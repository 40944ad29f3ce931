"""Checks and shows images with any number of channels."""

import numpy as np

_VIEWABLE = (1, 3)
_MOST_CHANNELS = 8
_GAP = 255


def is_image_shape(shape: tuple[int, ...]) -> bool:
    """Whether a shape is (h, w, c), that of an image with any number of channels."""
    return len(shape) == 3


def check_images(images_uint8: np.ndarray) -> np.ndarray:
    """Checks for uint8 [n, h, w, c] with any number of channels c.

    Raises:
      TypeError: not uint8.
      ValueError: another shape.
    """
    images = np.asarray(images_uint8)
    if images.dtype != np.uint8:
        raise TypeError(f"`images_uint8` must be uint8; got {images.dtype}.")
    if not is_image_shape(images.shape[1:]) or not images.size:
        raise ValueError(
            "`images_uint8` must have shape [n, h, w, c], none of them 0; got"
            f" {images.shape}."
        )
    return images


def show_channels(images_uint8: np.ndarray) -> np.ndarray:
    """Converts images to ones that a viewer can show.

    Args:
      images_uint8: uint8 [n, h, w, c].

    Returns:
      The images themselves if they are grey or color (c of 1 or 3); otherwise grey
      ones, uint8 [n, h, width, 1], with the first eight channels of each side by
      side, a white line between them.
    """
    num_channels = images_uint8.shape[-1]
    if num_channels in _VIEWABLE:
        return images_uint8
    shown = images_uint8[..., :_MOST_CHANNELS]
    gap = np.full((*shown.shape[:2], 1), _GAP, np.uint8)
    parts = [shown[..., 0]]
    for channel in range(1, shown.shape[-1]):
        parts += [gap, shown[..., channel]]
    return np.concatenate(parts, axis=2)[..., np.newaxis]


def describe_channels(num_channels: int) -> str | None:
    """Describes what `show_channels` shows; None for grey and color images."""
    if num_channels in _VIEWABLE:
        return None
    which = "them"
    if num_channels > _MOST_CHANNELS:
        which = f"the first {_MOST_CHANNELS} of the channels"
    return (
        f"Each image has {num_channels} channels; pictures show {which} side by side,"
        " in grey."
    )
