"""The contract of a feature extractor."""

import abc
from collections.abc import Mapping
from typing import Self

import numpy as np

from smoothing_tf.evaluation.extractors.images import ExtractorInputs


class Extractor(abc.ABC):
    """Computes features of images, on which distances between sets of images are based.

    Attributes:
      id: part of the metrics' names.
      sha256: hexadecimal digest of the weights or of the graph.
      preprocessing: description of the steps before the first weight.
      graph_sha256: hexadecimal digest of the published file that the network was
        imported from; None if that is unknown or there is none.
    """

    id: str
    sha256: str
    preprocessing: str
    graph_sha256: str | None = None

    @classmethod
    @abc.abstractmethod
    def build(cls, inputs: ExtractorInputs) -> Self:
        """Makes the extractor from the inputs that an evaluation has.

        Raises:
          MissingInputError: it lacks an input; the other extractors still run.
        """

    @abc.abstractmethod
    def features_and_logits(
        self, images_uint8: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Computes features, and the logits of a classifier.

        Args:
          images_uint8: uint8 [n, h, w, c] with as many channels as the training images.

        Returns:
          (features float32 [n, d], logits float32 [n, num_classes] or None).
        """

    def features(self, images_uint8: np.ndarray) -> np.ndarray:
        """Computes features float32 [n, d] of uint8 [n, h, w, c]."""
        return self.features_and_logits(images_uint8)[0]

    def weights(self) -> Mapping[str, np.ndarray]:
        """Returns weights that `build` made by a long computation, name -> array.

        `build` gets them back when an interrupted evaluation resumes.
        """
        return {}
