"""The inputs of extractors."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from smoothing_tf.data.channels import check_images
from smoothing_tf.data.image_view import Images


class MissingInputError(ValueError):
    """An extractor lacks an input; the others still run."""


@dataclasses.dataclass(frozen=True)
class ExtractorInputs:
    """Inputs from which extractors are built; each uses some of them.

    Attributes:
      training_images: uint8 [n, h, w, c], the training split; it may be too large to
        be read at once.
      training_labels: integers [n], or None for data without labels.
      inception_dir: directory of the Inception SavedModel, or None.
      seed: the run's seed.
      weights: the weights that the extractor had in an interrupted evaluation, as
        `Extractor.weights` returns them; None to make new ones.
      progress: whether to show a progress bar.
    """

    training_images: Images
    training_labels: np.ndarray | None
    inception_dir: str | None
    seed: int
    weights: Mapping[str, np.ndarray] | None = None
    progress: bool = False


def map_batches(
    function: Callable[[tf.Tensor], tuple[tf.Tensor, ...]],
    images_uint8: np.ndarray,
    batch_size: int,
) -> tuple[np.ndarray, ...]:
    """Applies `function` to batches and concatenates its results."""
    images = check_images(images_uint8)
    results = [
        [result.numpy() for result in function(images[start : start + batch_size])]
        for start in range(0, len(images), batch_size)
    ]
    return tuple(np.concatenate(parts) for parts in zip(*results))


def as_color(images: tf.Tensor) -> tf.Tensor:
    """Converts c = 1 or 3 channels to float32 [n, h, w, 3] on [0, 255]."""
    images = tf.cast(images, tf.float32)
    return tf.repeat(images, 3 // images.shape[-1], axis=-1)
