"""Scores of completed images: their class, and their distance to real images."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import scipy.special

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation.extractors import Classifier, ExtractorInputs, RandConv
from smoothing_tf.evaluation.feature_sets import moments_of_blocks
from smoothing_tf.evaluation.frechet import (
    MomentsAccumulator,
    factorize,
    fast_distance,
)
from smoothing_tf.evaluation.real_images import RealImages
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.sampling.kinds import real_uint8

# Probability from which a classifier is confident.
CONFIDENT = 0.9
_CHUNK_SIZE = 1024


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scores of n completed images.

    Attributes:
      per_image: name -> value of each image, float64 [n]: "same_class", whether the
        classifier gives the class of the true image, and "confident", whether it gives
        any class a probability of at least `CONFIDENT`.
      moments: extractor -> moments of the features, in blocks of images.
    """

    per_image: dict[str, np.ndarray]
    moments: dict[str, list[MomentsAccumulator]]


class CompletionJudge:
    """Scores completions with a classifier and with features of real images.

    The classifier is trained on the training split, on construction.

    Args:
      dataset: data set of images with levels and labels.
      seed: the run's seed.
      max_reference: number of training images that completions are compared with; None
        for as many as an evaluation takes.

    Raises:
      MissingInputError: the data set has no labels.
    """

    def __init__(self, dataset: Dataset, seed: int, max_reference: int | None = None):
        training = real_uint8(dataset, "train")
        inputs = ExtractorInputs(
            training, dataset.labels("train"), None, seed, progress=True
        )
        self._extractors = (Classifier.build(inputs), RandConv.build(inputs))
        self._num_levels = dataset.num_levels
        reference = RealImages(training, None, "train", "train", max_reference)
        images = reference.reference
        self.num_reference = len(images)
        self._reference = {}
        for extractor in self._extractors:
            features = [
                extractor.features(images[start : start + _CHUNK_SIZE])
                for start in range(0, len(images), _CHUNK_SIZE)
            ]
            blocks = moments_of_blocks(np.concatenate(features))
            self._reference[extractor.id] = blocks

    @property
    def extractors(self) -> tuple[str, ...]:
        """Names of the extractors behind the distances."""
        return tuple(self._reference)

    def accuracy(self, images_uint8: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Whether the classifier is right about each image, float64 [n]."""
        _, logits = self._extractors[0].features_and_logits(images_uint8)
        return (logits.argmax(axis=1) == labels).astype(np.float64)

    def __call__(self, x: np.ndarray, labels: np.ndarray) -> Scores:
        """Scores completions.

        Args:
          x: completed images on [-1, 1], float32 [n, h, w, c], in random order.
          labels: classes of the true images, integers [n].
        """
        images = unit_to_uint8(x, self._num_levels).numpy()
        per_image, moments = {}, {}
        for extractor in self._extractors:
            features, logits = extractor.features_and_logits(images)
            moments[extractor.id] = moments_of_blocks(features)
            if logits is not None:
                highest = scipy.special.softmax(logits.astype(np.float64), 1).max(1)
                per_image = {
                    "same_class": (logits.argmax(axis=1) == labels).astype(np.float64),
                    "confident": (highest >= CONFIDENT).astype(np.float64),
                }
        return Scores(per_image, moments)

    def distance_difference(
        self, extractor: str, first: Scores, second: Scores
    ) -> tuple[float, float]:
        """How much farther the first images are from real ones than the second.

        Args:
          extractor: name of the extractor.
          first: scores of images.
          second: scores of other completions of the same images, in the same order.

        Returns:
          (difference of the Frechet distances to the training images, its standard
          error, which covers the sampling of the images and of the training images).
        """
        return frechet_difference(
            self._reference[extractor],
            first.moments[extractor],
            second.moments[extractor],
        )


def frechet_difference(
    reference: Sequence[MomentsAccumulator],
    first: Sequence[MomentsAccumulator],
    second: Sequence[MomentsAccumulator],
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

    def distances(parts: Sequence[MomentsAccumulator]) -> float:
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


def _leave_out(
    blocks: Sequence[MomentsAccumulator], left_out: int
) -> MomentsAccumulator:
    return _merge([block for b, block in enumerate(blocks) if b != left_out])


def _merge(parts: Sequence[MomentsAccumulator]) -> MomentsAccumulator:
    total = MomentsAccumulator()
    for part in parts:
        total.merge(part)
    return total
