"""32x32 patches of two photographs."""

from smoothing_tf.data.datasets.photos.photos import Photos

__all__ = ["Photos"]
