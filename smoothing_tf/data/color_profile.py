"""Converts the colors of a picture to sRGB, as image viewers do."""

import functools
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageCms

# The exponent of a display; that of sRGB is nearly the same.
_DISPLAY_GAMMA = 2.2
# libpng does not correct pictures whose exponent is this close to 1.
_LEAST_CORRECTION = 0.05
# Profiles of sRGB differ by rounding; their pictures are not converted.
_LEAST_CHANGE = 2


def to_srgb(image: Image.Image, info: Mapping[str, Any]) -> Image.Image:
    """Applies the color profile, or the gamma, that a file names.

    Args:
      image: image of mode L, RGB or CMYK.
      info: Pillow's metadata of the file: "icc_profile", or "gamma" without "srgb".

    Returns:
      A picture of mode L or RGB; the same one where nothing is to be done, or where
      the profile is damaged or one for other pictures.
    """
    profile = info.get("icc_profile")
    if profile:
        transform = _transform(bytes(profile), image.mode)
        if transform is not None:
            shown = ImageCms.applyTransform(image, transform)
            return shown.getchannel(0) if image.mode == "L" else shown
    elif "srgb" not in info and info.get("gamma", 0) > 0 and image.mode != "CMYK":
        exponent = 1.0 / (info["gamma"] * _DISPLAY_GAMMA)
        if abs(exponent - 1.0) > _LEAST_CORRECTION:
            table = np.rint(255.0 * (np.arange(256) / 255.0) ** exponent).astype(int)
            return image.point(table.tolist() * len(image.getbands()))
    return image.convert("RGB") if image.mode == "CMYK" else image


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Makes the transform from a profile to sRGB; None if it changes nothing."""
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            # Without this flag a transform is not thread-safe.
            flags=ImageCms.Flags.NOCACHE,
        )
    except (ImageCms.PyCMSError, OSError):
        return None
    if mode == "CMYK":
        return transform
    values = np.arange(0, 256, 15 if mode == "RGB" else 1, dtype=np.uint8)
    probe = values[np.newaxis]
    if mode == "RGB":
        probe = np.stack(np.meshgrid(values, values, values), axis=-1)
        probe = probe.reshape(1, -1, 3)
    shown = np.asarray(ImageCms.applyTransform(Image.fromarray(probe), transform))
    change = np.abs(shown.astype(int) - probe.reshape(1, probe.shape[1], -1))
    return transform if change.max() > _LEAST_CHANGE else None
