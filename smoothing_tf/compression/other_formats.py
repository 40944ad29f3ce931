"""Sizes of images in other lossless formats."""

import importlib
import io
from collections.abc import Iterable

import numpy as np

from smoothing_tf.compression.images import to_picture

# Name -> settings of Pillow for the smallest files.
_FORMATS = {
    "PNG": {"format": "PNG", "optimize": True},
    "WebP": {"format": "WEBP", "lossless": True, "quality": 100, "method": 6},
    "JPEG XL": {"format": "JXL", "lossless": True, "effort": 9},
}


def sizes_in_other_formats(images_uint8: Iterable[np.ndarray]) -> dict[str, int]:
    """Compresses each image by itself.

    Args:
      images_uint8: images, uint8 [h, w, c].

    Returns:
      Format -> bytes of all files together: PNG, WebP and, where the package
      pillow-jxl-plugin is installed, JPEG XL. Nothing for images that have neither 1
      nor 3 channels.
    """
    formats = dict(_FORMATS)
    try:
        importlib.import_module("pillow_jxl")
    except ImportError:
        del formats["JPEG XL"]
    sizes = dict.fromkeys(formats, 0)
    for image in images_uint8:
        if image.shape[-1] not in (1, 3):
            return {}
        picture = to_picture(image)
        for name, settings in formats.items():
            buffer = io.BytesIO()
            picture.save(buffer, **settings)
            sizes[name] += buffer.tell()
    return sizes
