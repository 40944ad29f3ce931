"""Frechet distances of sets of images to the training images, with paired errors."""

import numpy as np

from smoothing_tf.data.image_view import ImageView
from smoothing_tf.evaluation.extractors import Extractor
from smoothing_tf.evaluation.feature_sets import moments_of_blocks
from smoothing_tf.evaluation.frechet import FrechetDistanceTo, FrechetJackknife
from smoothing_tf.evaluation.real_images import RealImages

_CHUNK_SIZE = 1024


class Reference:
    """The features of training images, with which sets of images are compared.

    Args:
      extractor: extractor of the features.
      training: images of the training split, uint8 [n, h, w, c].
      max_images: number of images to take at random; None for as many as an evaluation
        takes.
    """

    def __init__(
        self, extractor: Extractor, training: ImageView, max_images: int | None = None
    ):
        self.extractor = extractor
        images = RealImages(training, None, "train", "train", max_images).reference
        self.num_images = len(images)
        features = [
            extractor.features(images[start : start + _CHUNK_SIZE])
            for start in range(0, len(images), _CHUNK_SIZE)
        ]
        self._distance_to = FrechetDistanceTo(
            moments_of_blocks(np.concatenate(features))
        )

    def distance(self, images: np.ndarray) -> FrechetJackknife:
        """Computes the distance of uint8 [n, h, w, c] in random order."""
        features = self.extractor.features(images)
        return self._distance_to.jackknife(moments_of_blocks(features))


def describe_non_finite(x: np.ndarray) -> str | None:
    """Says how many images [n, h, w, c] are not finite; None if all are."""
    bad = int(np.sum(~np.isfinite(x).all(axis=(1, 2, 3))))
    if not bad:
        return None
    return f"{bad} of {len(x)} images are not finite: train longer"


def subtract(first: FrechetJackknife, second: FrechetJackknife) -> FrechetJackknife:
    """Computes how much farther images are from real ones than other versions of them.

    The same block of images is left out of both sets, so that what they share cancels
    in the error.

    Args:
      first: distance of images.
      second: distance of other versions of the same images, in the same order, to the
        same real images.

    Raises:
      ValueError: the two sets differ in size.
    """
    if first.sizes != second.sizes:
        raise ValueError(
            "Only versions of the same images can be compared; got"
            f" {sum(first.sizes)} images in {len(first.sizes)} blocks and"
            f" {sum(second.sizes)} in {len(second.sizes)}. Give both the same images."
        )
    return FrechetJackknife(
        first.value - second.value,
        first.without_samples - second.without_samples,
        first.without_reference - second.without_reference,
        first.sizes,
    )
