"""Files .npz of images and masks that a user gives."""

import os

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.numerics import levels_to_unit, unit_to_uint8

Path = str | os.PathLike

# No noise takes a pixel of [-1, 1] so far; it must be on another scale.
_LARGEST = 20.0


def read_smoothed(path: Path, event_shape: tuple[int, ...]) -> np.ndarray:
    """Reads x~, to denoise.

    Args:
      path: .npz file with `smoothed`, `images` or a single array, [n, ...event]:
        floating, images on [-1, 1]; or uint8 images, which are scaled to it.
      event_shape: what the model expects.

    Returns:
      float32 [n, ...event_shape].

    Raises:
      FileNotFoundError: no such file.
      ValueError: it is no .npz file, or not of the right shape and dtype.
    """
    images = _read_examples(path, ("smoothed", "images"), event_shape)
    is_image = len(event_shape) == 3
    if images.dtype == np.uint8 and is_image:
        return levels_to_unit(images, 256).numpy()
    images = _as_float32(images, alternative="uint8 or " if is_image else "")
    if np.max(np.abs(images)) > _LARGEST and is_image:
        raise ValueError(
            "`--images` of floating point must be on [-1, 1] plus noise; got values up"
            f" to {np.max(np.abs(images)):g}. Give 0 to 255 as uint8."
        )
    return images


def read_inpainting(
    images_path: Path,
    mask_path: Path,
    event_shape: tuple[int, ...],
    num_levels: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Reads x and which of it is known, to inpaint.

    Args:
      images_path: .npz file with `images`, `samples` or a single array, [n, ...event]:
        uint8 for data with levels, where level i of L is round(255 i / (L - 1));
        floating for continuous data. What is missing may be any number.
      mask_path: .npz file with `mask` or a single array of 1 (known) and 0 (missing):
        of images [h, w], or [n, h, w] for each; of vectors [d] or [n, d].
      event_shape: what the model expects.
      num_levels: L, or None for continuous data.

    Returns:
      (float32 [n, ...event_shape], images on [-1, 1] and 0 where they are missing;
      bool of the shape in the file).

    Raises:
      FileNotFoundError: no such file.
      ValueError: one is no .npz file, or not of the right shape, dtype and values.
    """
    images = _read_examples(images_path, ("images", "samples"), event_shape)
    mask = _read_mask(mask_path, len(images), event_shape)
    known = mask[..., None] if len(event_shape) == 3 else mask
    known = np.broadcast_to(known, images.shape)
    if num_levels is None:
        images = _as_float32(images, known)
    else:
        images = _unit_of_uint8(images, known, num_levels)
    return np.where(known, images, 0).astype(np.float32), mask


def _unit_of_uint8(images, known, num_levels) -> np.ndarray:
    """uint8 -> [-1, 1], from which the known values are had back exactly."""
    if images.dtype != np.uint8:
        raise ValueError(
            f"`--images` to inpaint must be uint8 images; got {images.dtype}."
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
    images = _read_array(path, "images", known_names)
    if images.shape[1:] != event_shape or not len(images):
        raise ValueError(
            "`--images` must be one image or more, of shape [n,"
            f" {', '.join(map(str, event_shape))}]; got {list(images.shape)}."
        )
    return images


def _as_float32(
    images: np.ndarray, known: np.ndarray | bool = True, alternative: str = ""
) -> np.ndarray:
    """Floating point -> float32, finite where it is known."""
    rule = f"`--images` must be {alternative}finite floating point"
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"{rule}; got {images.dtype}.")
    # What float32 cannot hold becomes infinite.
    with np.errstate(over="ignore"):
        single = images.astype(np.float32)
    if not np.all(np.isfinite(single) | ~np.asarray(known)):
        raise ValueError(
            f"{rule}; got {images.dtype} with NaN or infinity, as float32."
        )
    return single


def _read_array(path: Path, flag: str, known_names: tuple[str, ...]) -> np.ndarray:
    """The array of one of the names, the first that is there, or the only one."""
    arrays = artifacts.read_npz(path, flag)
    names = [name for name in known_names if name in arrays] or list(arrays)
    if not names or (len(arrays) > 1 and names[0] not in known_names):
        raise ValueError(
            f"`--{flag}` must hold an array `{'` or `'.join(known_names)}`, or a single"
            f" one; got {', '.join(arrays) or 'none'}."
        )
    return arrays[names[0]]
