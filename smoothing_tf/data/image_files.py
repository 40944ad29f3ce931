"""Reads .npz files of images and masks that a user gives."""

import os
from collections.abc import Mapping

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.numerics import (
    levels_to_uint8,
    levels_to_unit,
    uint8_to_levels,
    unit_to_uint8,
)

Path = str | os.PathLike

# Noise never moves a pixel of [-1, 1] this far, so the image has another scale.
_LARGEST = 20.0
_KINDS = {1: "grey", 3: "of three colors"}


def read_smoothed(
    path: Path,
    event_shape: tuple[int, ...],
    noise_scale: float | None = None,
    *,
    has_levels: bool = True,
    dtype: type = np.float32,
) -> np.ndarray:
    """Reads x~ to be denoised.

    Args:
      path: .npz file with `smoothed`, `images` or a single array, [n, ...event]:
        floating, images on [-1, 1]; or uint8 images, which are scaled to it.
      event_shape: shape of one example of the model.
      noise_scale: standard deviation of the noise, which tells very bright images
        from those on another scale; None if it is not known.
      has_levels: whether the data have levels; others are never rescaled.
      dtype: dtype of the result; float64 for vectors that are yet to be standardized.

    Returns:
      [n, ...event_shape] in that dtype.

    Raises:
      FileNotFoundError: the file does not exist.
      ValueError: it is not a .npz file, or has another shape or dtype.
    """
    images = _read_examples(path, ("smoothed", "images"), event_shape)
    is_image = len(event_shape) == 3 and has_levels
    if images.dtype == np.uint8 and is_image:
        return levels_to_unit(images, 256).numpy()
    alternative = "uint8 or " if is_image else ""
    images = _as_floats(images, alternative=alternative, dtype=dtype)
    if is_image:
        _check_scale(images, noise_scale)
    return images


def _check_scale(images: np.ndarray, noise_scale: float | None) -> None:
    """Rejects images that cannot be on [-1, 1] plus noise.

    Black is -1 there, so images without any negative value are on [0, 1] or [0, 255],
    unless they are entirely white: then some values exceed 1.
    """
    low, high = float(np.min(images)), float(np.max(images))
    is_white = noise_scale is not None and 1.0 < high <= 1.0 + 10.0 * noise_scale
    # The scale of a constant image without noise, made by hand, is unknown.
    is_constant = low == high <= 1.0
    is_plausible = low < 0.0 or is_constant or is_white
    if -_LARGEST <= low and high <= _LARGEST and is_plausible:
        return
    rule = (
        "`--images` of floating point must be on [-1, 1] plus noise; got values from"
        f" {low:g} to {high:g}."
    )
    if low < 0.0:
        raise ValueError(f"{rule} Convert them to that scale.")
    if high <= 1.0:
        raise ValueError(
            f"{rule} If they are on [0, 1], give 2 x - 1. If they are on [-1, 1] and"
            " this bright, add an image with a darker pixel to the file."
        )
    raise ValueError(
        f"{rule} If they are on [0, 255], give them as uint8, or x / 127.5 - 1 with"
        " their noise."
    )


def read_inpainting(
    images_path: Path,
    mask_path: Path,
    event_shape: tuple[int, ...],
    num_levels: int | None,
    dtype: type = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    """Reads x to be inpainted and the mask of its known values.

    Args:
      images_path: .npz file with `images`, `samples` or a single array, [n, ...event]:
        uint8 for data with levels, where level i of L is round(255 i / (L - 1));
        floating for continuous data. Missing values may be any number.
      mask_path: .npz file with `mask` or a single array of 1 (known) and 0 (missing):
        of images [h, w], or [n, h, w] for each; of vectors [d] or [n, d].
      event_shape: shape of one example of the model.
      num_levels: L, or None for continuous data.
      dtype: dtype of the examples that are returned; float64 for vectors that are yet
        to be standardized.

    Returns:
      ([n, ...event_shape], images on [-1, 1], with 0 for missing values; bool
      mask of the shape in the file).

    Raises:
      FileNotFoundError: a file does not exist.
      ValueError: one is not a .npz file, or has another shape, dtype or range.
    """
    images = _read_examples(images_path, ("images", "samples"), event_shape)
    mask = _read_mask(mask_path, len(images), event_shape)
    known = mask[..., None] if len(event_shape) == 3 else mask
    known = np.broadcast_to(known, images.shape)
    if num_levels is None:
        images = _as_floats(images, known, dtype=dtype)
    else:
        images = _unit_of_uint8(images, known, num_levels)
    return np.where(known, images, 0).astype(dtype), mask


def levels_of_arrays(
    arrays: Mapping[str, np.ndarray], event_shape: tuple[int, ...], num_levels: int
) -> np.ndarray:
    """Finds images among the arrays of a file; their levels must be exact.

    Args:
      arrays: `images`, `samples` or a single array, uint8 [n, ...event]; level i of L
        is round(255 i / (L - 1)).
      event_shape: shape of one image.
      num_levels: L, at most 256.

    Returns:
      Levels, uint8 [n, ...event_shape].

    Raises:
      ValueError: there are no images, or they have another shape, dtype or values.
    """
    images = _choose_array(arrays, "images", ("images", "samples"))
    return levels_of_uint8(_check_examples(images, event_shape), num_levels)


def levels_of_uint8(images: np.ndarray, num_levels: int) -> np.ndarray:
    """Inverts `levels_to_uint8`: the level of each value, uint8.

    Raises:
      ValueError: the images are not uint8, or a value belongs to no level.
    """
    if images.dtype != np.uint8:
        raise ValueError(
            f"`--images` must be uint8 images; got {images.dtype}."
            f"{_dtype_advice(images)}"
        )
    levels: np.ndarray = uint8_to_levels(images, num_levels).numpy().astype(np.uint8)
    is_wrong = levels_to_uint8(levels, num_levels) != images
    if np.any(is_wrong):
        raise ValueError(
            f"`--images` must hold the {num_levels} levels of the data,"
            f" round(255 i / {num_levels - 1}) with i from 0 to {num_levels - 1}; got"
            f" {images[is_wrong][0]}."
        )
    return levels


def _unit_of_uint8(images, known, num_levels) -> np.ndarray:
    """Converts uint8 to [-1, 1], from which known values are restored exactly."""
    if images.dtype != np.uint8:
        raise ValueError(
            "`--images` to inpaint must be uint8 images; got"
            f" {images.dtype}.{_dtype_advice(images)}"
        )
    unit = levels_to_unit(np.rint(images * ((num_levels - 1) / 255.0)), num_levels)
    is_wrong = known & (unit_to_uint8(unit, num_levels).numpy() != images)
    if np.any(is_wrong):
        every = levels_to_unit(np.arange(num_levels), num_levels)
        allowed = unit_to_uint8(every, num_levels).numpy()
        raise ValueError(
            f"`--images` to inpaint must hold the {num_levels} levels of the data, the"
            f" values {', '.join(map(str, allowed))}; got {images[is_wrong][0]} at a"
            " known pixel."
        )
    return unit.numpy()


def _read_mask(path, num_images, event_shape) -> np.ndarray:
    mask = _read_array(path, "mask", ("mask",))
    one = event_shape[:2] if len(event_shape) == 3 else event_shape
    if mask.shape not in (one, (num_images, *one)):
        raise ValueError(
            f"`--mask` must have shape {list(one)}, or {[num_images, *one]} with a mask"
            f" for each image; got {list(mask.shape)}."
        )
    is_wrong = ~np.isin(mask, (0, 1))
    if np.any(is_wrong):
        raise ValueError(
            "`--mask` must hold 1 where a pixel is known and 0 where it is missing; got"
            f" {mask[is_wrong][0]}."
        )
    return mask == 1


def _read_examples(path, known_names, event_shape) -> np.ndarray:
    return _check_examples(_read_array(path, "images", known_names), event_shape)


def _check_examples(images, event_shape) -> np.ndarray:
    if images.shape[1:] != event_shape or not len(images):
        raise ValueError(
            "`--images` must be one image or more, of shape [n,"
            f" {', '.join(map(str, event_shape))}]; got {list(images.shape)}."
            f"{_shape_advice(images.shape, event_shape)}"
        )
    return images


def _shape_advice(shape: tuple[int, ...], event_shape: tuple[int, ...]) -> str:
    """Says how to bring `shape` to [n, ...event_shape], if one step does it."""
    if shape == event_shape:
        return " Give a single one as x[None]."
    if len(event_shape) != 3:
        return ""
    height, width, channels = event_shape
    if channels == 1 and shape[-2:] == (height, width) and len(shape) in (2, 3):
        index = "None, ..., None" if len(shape) == 2 else "..., None"
        return f" Add the missing axes: x[{index}]."
    if shape[-3:] == (channels, height, width) and len(shape) in (3, 4):
        one = "" if len(shape) == 4 else "[None]"
        return f" Put the channels last: np.moveaxis(x, -3, -1){one}."
    if (
        len(shape) == 4
        and shape[1:3] == (height, width)
        and {shape[3], channels}
        == {
            1,
            3,
        }
    ):
        how = "x.repeat(3, -1)" if channels == 3 else "one channel, in grey"
        return f" The model's images are {_KINDS[channels]}: give {how}."
    return ""


def _as_floats(
    images: np.ndarray,
    known: np.ndarray | bool = True,
    alternative: str = "",
    dtype: type = np.float32,
) -> np.ndarray:
    """Converts floating point to `dtype` and checks that known values are finite."""
    rule = f"`--images` must be {alternative}finite floating point"
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"{rule}; got {images.dtype}.{_dtype_advice(images)}")
    # Values beyond float32 become infinite.
    with np.errstate(over="ignore"):
        converted: np.ndarray = images.astype(dtype)
    if not np.all(np.isfinite(converted) | ~np.asarray(known)):
        raise ValueError(
            f"{rule}; got {images.dtype} with NaN or infinity"
            f"{'' if images.dtype == dtype else f', as {np.dtype(dtype)}'}."
        )
    return converted


def _dtype_advice(images: np.ndarray) -> str:
    """Says how to convert images to uint8 from 0 (black) to 255 (white)."""
    if images.ndim != 4 or not images.size:
        return ""
    if images.dtype == bool:
        return " Give 255 * x.astype(np.uint8)."
    is_number = np.issubdtype(images.dtype, np.number)
    if not is_number or np.issubdtype(images.dtype, np.complexfloating):
        return ""
    low, high = np.min(images), np.max(images)
    if np.issubdtype(images.dtype, np.integer):
        if low >= 0 and high <= 255:
            return " Give x.astype(np.uint8), with 0 for black and 255 for white."
        if low >= 0 and high <= 65535:
            return " If they have 16 bits, give np.rint(x / 257).astype(np.uint8)."
    elif low >= 0 and high <= 1:
        return " If they are on [0, 1], give np.rint(255 * x).astype(np.uint8)."
    elif low >= 0 and high <= 255:
        return " If they are on [0, 255], give np.rint(x).astype(np.uint8)."
    elif low >= -1 and high <= 1:
        return " Give np.rint(127.5 * (x + 1)).astype(np.uint8)."
    return ""


def _read_array(path: Path, flag: str, known_names: tuple[str, ...]) -> np.ndarray:
    """Reads the first of the named arrays that exists, or the only array."""
    return _choose_array(artifacts.read_npz(path, flag), flag, known_names)


def _choose_array(
    arrays: Mapping[str, np.ndarray], flag: str, known_names: tuple[str, ...]
) -> np.ndarray:
    names = [name for name in known_names if name in arrays] or list(arrays)
    if not names or (len(arrays) > 1 and names[0] not in known_names):
        raise ValueError(
            f"`--{flag}` must hold an array `{'` or `'.join(known_names)}`, or a single"
            f" one; got {', '.join(arrays) or 'none'}."
        )
    return arrays[names[0]]
