"""What extractors are built from, and the images they take."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf


class MissingInputError(ValueError):
    """An extractor cannot be built from what is at hand; the others still run."""


@dataclasses.dataclass(frozen=True)
class ExtractorInputs:
    """What an extractor may be built from; each one takes what it needs.

    Attributes:
      training_images: uint8 [n, h, w, c], the training split.
      training_labels: integers [n], or None for data without labels.
      inception_dir: directory of the Inception SavedModel, or None.
      seed: the run's seed.
    """

    training_images: np.ndarray
    training_labels: np.ndarray | None
    inception_dir: str | None
    seed: int


def is_image_shape(shape: tuple[int, ...]) -> bool:
    """Whether it is (h, w, c), that of an image of any number of channels."""
    return len(shape) == 3


def check_images(images_uint8: np.ndarray) -> np.ndarray:
    """Checks for uint8 [n, h, w, c] with any number of channels c.

    Raises:
      TypeError: not uint8.
      ValueError: another shape.
    """
    images = np.asarray(images_uint8)
    if images.dtype != np.uint8:
        raise TypeError(f"`images_uint8` must be uint8; got {images.dtype}.")
    if not is_image_shape(images.shape[1:]) or not images.size:
        raise ValueError(
            "`images_uint8` must have shape [n, h, w, c], none of them 0; got"
            f" {images.shape}."
        )
    return images


def map_batches(
    function: Callable[[tf.Tensor], tuple[tf.Tensor, ...]],
    images_uint8: np.ndarray,
    batch_size: int,
) -> tuple[np.ndarray, ...]:
    """Applies `function` to batches and concatenates each of its results."""
    images = check_images(images_uint8)
    results = [
        [result.numpy() for result in function(images[start : start + batch_size])]
        for start in range(0, len(images), batch_size)
    ]
    return tuple(np.concatenate(parts) for parts in zip(*results))


def as_colour(images: tf.Tensor) -> tf.Tensor:
    """float32 [n, h, w, 3] on 0 ... 255 of c = 1 or 3; a grey channel is repeated."""
    images = tf.cast(images, tf.float32)
    return tf.repeat(images, 3 // images.shape[-1], axis=-1)
