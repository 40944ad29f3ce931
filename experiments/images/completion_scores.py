"""Scores of completed images: their class, and their distance to real images."""

import dataclasses

import numpy as np
import scipy.special

from experiments.images.reference import Reference, describe_non_finite
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation.extractors import Classifier, ExtractorInputs, RandConv
from smoothing_tf.evaluation.frechet import FrechetJackknife
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.sampling.kinds import real_uint8

# Probability from which a classifier is confident.
CONFIDENT = 0.9


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scores of n completed images.

    Attributes:
      per_image: name -> value of each image, float64 [n]: "same_class", whether the
        classifier gives the class of the true image, and "confident", whether it gives
        any class a probability of at least `CONFIDENT`.
      distances: extractor -> distance to real images.
      reason: why there are no scores; None if there are.
    """

    per_image: dict[str, np.ndarray]
    distances: dict[str, FrechetJackknife]
    reason: str | None = None


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
        self._classifier = Classifier.build(inputs)
        self._num_levels = dataset.num_levels
        self._references = {
            extractor.id: Reference(extractor, training, max_reference)
            for extractor in (self._classifier, RandConv.build(inputs))
        }

    @property
    def num_reference(self) -> int:
        """Number of training images that completions are compared with."""
        return self._references[Classifier.id].num_images

    @property
    def extractors(self) -> tuple[str, ...]:
        """Names of the extractors behind the distances."""
        return tuple(self._references)

    def accuracy(self, images_uint8: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Returns whether the classifier is right about each image, float64 [n]."""
        _, logits = self._classifier.features_and_logits(images_uint8)
        return (logits.argmax(axis=1) == labels).astype(np.float64)

    def __call__(self, x: np.ndarray, labels: np.ndarray) -> Scores:
        """Scores completions.

        Args:
          x: completed images on [-1, 1], float32 [n, h, w, c], in random order.
          labels: classes of the true images, integers [n].

        Returns:
          The scores; without any and with a reason if an image is not finite.
        """
        reason = describe_non_finite(x)
        if reason is not None:
            return Scores({}, {}, reason)
        images = unit_to_uint8(x, self._num_levels).numpy()
        _, logits = self._classifier.features_and_logits(images)
        highest = scipy.special.softmax(logits.astype(np.float64), axis=1).max(axis=1)
        per_image = {
            "same_class": (logits.argmax(axis=1) == labels).astype(np.float64),
            "confident": (highest >= CONFIDENT).astype(np.float64),
        }
        distances = {
            name: reference.distance(images)
            for name, reference in self._references.items()
        }
        return Scores(per_image, distances)
