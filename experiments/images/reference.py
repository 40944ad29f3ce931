"""Frechet distances of sets of images to the training images, with paired errors."""

from collections.abc import Sequence

import numpy as np

from smoothing_tf.data.image_view import ImageView
from smoothing_tf.evaluation.extractors import Extractor
from smoothing_tf.evaluation.feature_sets import moments_of_blocks
from smoothing_tf.evaluation.frechet import (
    FrechetEstimate,
    MomentsAccumulator,
    factorize,
    fast_distance,
    frechet_jackknife,
)
from smoothing_tf.evaluation.real_images import RealImages

Blocks = Sequence[MomentsAccumulator]
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
        self._blocks = moments_of_blocks(np.concatenate(features))

    def moments(self, images: np.ndarray) -> list[MomentsAccumulator]:
        """Computes moments of features of uint8 [n, h, w, c] in random order."""
        return moments_of_blocks(self.extractor.features(images))

    def distance(self, blocks: Blocks) -> FrechetEstimate:
        """Computes the distance of images, given their moments, with its error."""
        return frechet_jackknife(self._blocks, blocks)

    def difference(self, first: Blocks, second: Blocks) -> tuple[float, float]:
        """How much farther the first images are from real ones than the second.

        Args:
          first: moments of images.
          second: moments of other versions of the same images, in the same order.

        Returns:
          (difference of the distances, its standard error, which covers the sampling of
          the images and of the training images).
        """
        return frechet_difference(self._blocks, first, second)


def frechet_difference(
    reference: Blocks,
    first: Blocks,
    second: Blocks,
) -> tuple[float, float]:
    """Computes d(first, reference) - d(second, reference) of paired sets.

    The variance is the sum of two delete-block jackknives, as of a single distance (see
    `frechet_jackknife`). The first leaves the same block of images out of both sets, so
    that what they share cancels.

    Args:
      reference: moments of B >= 2 blocks.
      first: moments of blocks.
      second: moments of blocks of the same images, in the same order.

    Returns:
      (difference, standard error).
    """
    both = first, second
    mean, covariance = _merge(reference).finalize()
    root = factorize(covariance)

    def distances(parts: Blocks) -> float:
        first, second = (fast_distance(mean, root, *p.finalize()) for p in parts)
        return first - second

    wholes = [_merge(blocks) for blocks in both]
    without_images = [
        distances([_leave_out(blocks, b) for blocks in both]) for b in range(len(first))
    ]
    factored = [(mu, factorize(sigma)) for mu, sigma in (w.finalize() for w in wholes)]
    without_reference = []
    for b in range(len(reference)):
        part = _leave_out(reference, b).finalize()
        near, far = (fast_distance(mu, factor, *part) for mu, factor in factored)
        without_reference.append(near - far)
    variance = _jackknife(without_images) + _jackknife(without_reference)
    return distances(wholes), float(np.sqrt(variance))


def _jackknife(values: Sequence[float]) -> float:
    count = len(values)
    return float(np.var(values) * (count - 1))


def _leave_out(blocks: Blocks, left_out: int) -> MomentsAccumulator:
    return _merge([block for b, block in enumerate(blocks) if b != left_out])


def _merge(parts: Blocks) -> MomentsAccumulator:
    total = MomentsAccumulator()
    for part in parts:
        total.merge(part)
    return total
