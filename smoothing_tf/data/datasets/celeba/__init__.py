"""Faces of CelebA, cropped and reduced to 32x32."""

from smoothing_tf.data.datasets.celeba.celeba import CelebA32

__all__ = ["CelebA32"]
