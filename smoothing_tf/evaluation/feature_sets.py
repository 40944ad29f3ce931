"""Features of real images and of samples, and what is computed from them once."""

import functools

import numpy as np

from smoothing_tf.data.image_view import Images
from smoothing_tf.evaluation.extractors import Extractor
from smoothing_tf.evaluation.floors import Floors, moments
from smoothing_tf.evaluation.frechet import FrechetDistanceTo, MomentsAccumulator
from smoothing_tf.evaluation.kernel_distance import KernelDistanceTo
from smoothing_tf.evaluation.real_images import RealImages
from smoothing_tf.parts import Parts

# Blocks that the jackknife leaves out, one at a time.
NUM_BLOCKS = 10
# Images whose features are computed at a time: a multiple of every extractor's batch.
_CHUNK_SIZE = 1024


class FeatureSets:
    """The features of one extractor, of real images and of samples.

    What all kinds of samples are compared with is computed once, when it is needed.

    Args:
      extractor: one of EXTRACTORS.
      real: the real images.
      parts: stores features and sums as they are computed, and shows progress; None
        does neither.
    """

    def __init__(
        self, extractor: Extractor, real: RealImages, parts: Parts | None = None
    ):
        self._extractor, self._real = extractor, real
        self._parts = parts or Parts()
        self._frechet_distances: dict[int, FrechetDistanceTo] = {}

    def extract(
        self, images: Images, name: str
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Extracts the features and the logits, or None, of the images of a name."""
        with self._parts.partial_arrays(
            f"features {self._extractor.id} {name}", len(images), unit="image"
        ) as found:
            for start in range(found.num_done, len(images), _CHUNK_SIZE):
                features, logits = self._extractor.features_and_logits(
                    images[start : start + _CHUNK_SIZE]
                )
                batch = {"features": features}
                if logits is not None:
                    batch["logits"] = logits
                found.append(batch)
        return found.arrays["features"], found.arrays.get("logits")

    @functools.cached_property
    def reference(self) -> np.ndarray:
        """Features of the reference, float32 [n, d]."""
        return self.extract(self._real.reference, "reference")[0]

    @functools.cached_property
    def reference_blocks(self) -> list[MomentsAccumulator]:
        """Moments of blocks of the reference."""
        return moments_of_blocks(self.reference)

    @functools.cached_property
    def held_out(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Features and logits of the held-out images, or None for both."""
        if self._real.held_out_images is None:
            return None, None
        return self.extract(self._real.held_out_images, "held-out")

    @functools.cached_property
    def floors(self) -> Floors:
        """Metrics between parts of the reference."""
        return Floors(self.reference, self._parts, self._extractor.id)

    @functools.cached_property
    def kernel_distance(self) -> KernelDistanceTo:
        """Kernel distance to the reference."""
        return KernelDistanceTo(self.reference, self._parts, self._extractor.id)

    def frechet_distance_to(self, n: int) -> FrechetDistanceTo:
        """Frechet distance to the first n images of the reference."""
        if n not in self._frechet_distances:
            blocks = moments_of_blocks(self.reference[:n])
            self._frechet_distances[n] = FrechetDistanceTo(blocks)
        return self._frechet_distances[n]


def moments_of_blocks(features: np.ndarray) -> list[MomentsAccumulator]:
    """Accumulates the moments of `NUM_BLOCKS` consecutive parts of features [n, d]."""
    return [moments(block) for block in np.array_split(features, NUM_BLOCKS)]
