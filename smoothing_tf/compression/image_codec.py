"""The interface of the codecs of images."""

import abc

import numpy as np

from smoothing_tf.compression.coder import Coder


class ImageCodec(abc.ABC):
    """Codes batches of images by models of them."""

    @abc.abstractmethod
    def push(
        self, coder: Coder, levels: np.ndarray, label: np.ndarray | None, number: int
    ) -> None:
        """Pushes a batch of images.

        Args:
          coder: takes the images.
          levels: integers [b, ...event_shape].
          label: class of each image, int32 [b], if a model takes it, or None.
          number: number of the batch in its block.
        """

    @abc.abstractmethod
    def pop(
        self, coder: Coder, batch_size: int, label: np.ndarray | None, number: int
    ) -> np.ndarray:
        """Pops a batch of images that `push` has pushed; its inverse.

        Returns:
          Levels, int32 [b, ...event_shape].
        """

    def borrowed_bits(self, levels: np.ndarray) -> np.ndarray:
        """Estimates how many bits `push` pops before it pushes, for each image.

        Returns:
          float64 [b]; 0 if it pops none.
        """
        return np.zeros(len(levels))

    @property
    def borrows(self) -> bool:
        """Whether `push` pops bits first, so that images form a chain."""
        return False
