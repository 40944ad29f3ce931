"""Lossless compression of images, at the size that the likelihood promises."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.compression.codec import (
        Decompressed,
        compress_images,
        decompress_images,
    )
    from smoothing_tf.compression.config import CompressionConfig

__all__ = [
    "CompressionConfig",
    "Decompressed",
    "compress_images",
    "decompress_images",
]

import_when_used(__name__)
