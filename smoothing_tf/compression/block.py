"""A block of a compressed file: images that are coded on one stack."""

import dataclasses
import zlib

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf.compression.coder import SMALLEST_PROBABILITY, Coder
from smoothing_tf.compression.image_codec import ImageCodec
from smoothing_tf.models.classes import Classes
from smoothing_tf.models.mixture_probabilities import normalize
from smoothing_tf.seeds import derive_seed

# Bits that are borrowed in addition to the estimate.
_SPARE_BITS = 64


@dataclasses.dataclass(frozen=True)
class Block:
    """The code of some images.

    Attributes:
      data: the stack.
      content_crc: CRC32 of the images and labels.
      sizes: number of images of each batch.
      num_borrowed: number of borrowed bytes, with which the stack began.
    """

    data: bytes
    content_crc: int
    sizes: tuple[int, ...]
    num_borrowed: int = 0


@dataclasses.dataclass(frozen=True)
class BlockCoder:
    """Encodes and decodes blocks.

    Attributes:
      codec: codes batches.
      class_shares: share of each class, float64 [num_classes]; None without labels.
      batch_size: largest number of images that are walked over at once.
      seed: seed of the borrowed bits.
    """

    codec: ImageCodec
    class_shares: np.ndarray | None
    batch_size: int
    seed: int

    def encode(
        self, levels: np.ndarray, label: np.ndarray | None, progress: tqdm.tqdm
    ) -> Block:
        """Encodes images.

        A batch that takes bits from the stack first has as many images as the stack
        can pay for: one at first, whose bits are borrowed, and soon `batch_size`.

        Args:
          levels: integers [n, ...event_shape].
          label: class of each image, int32 [n], or None.
          progress: bar that counts images.
        """
        num_borrowed = 0
        if self.codec.borrows:
            needed = self.codec.borrowed_bits(levels[:1])
            num_borrowed = -(-(int(needed[0]) + _SPARE_BITS) // 8)
        coder = Coder(_borrowed_bytes(self.seed, num_borrowed))
        sizes: list[int] = []
        start = 0
        while start < len(levels):
            rows = slice(start, start + self.batch_size)
            if self.codec.borrows:
                needed = self.codec.borrowed_bits(levels[rows])
                paid = np.cumsum(needed) <= coder.num_bits
                rows = slice(start, start + max(1, int(np.sum(paid))))
            batch = levels[rows]
            own = None if label is None else label[rows]
            self.codec.push(coder, batch, own, len(sizes))
            if own is not None and self._codes_classes:
                coder.push(own, self._class_probabilities(len(own)))
            sizes.append(len(batch))
            start += len(batch)
            progress.update(len(batch))
        return Block(coder.to_bytes(), _crc(levels, label), tuple(sizes), num_borrowed)

    def decode(
        self, block: Block, progress: tqdm.tqdm
    ) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Decodes the images of a block.

        Returns:
          (levels int32 [n, ...event_shape], labels int32 [n] or None); None if they
          are not the images that were encoded.
        """
        coder = Coder(block.data)
        batches, labels = [], []
        for number, size in reversed([*enumerate(block.sizes)]):
            own = None
            if self.class_shares is not None:
                own = np.zeros(size, np.int32)
                if self._codes_classes:
                    own = coder.pop(self._class_probabilities(size))
                labels.append(own)
            batches.append(self.codec.pop(coder, size, own, number))
            progress.update(size)
        levels = np.concatenate(batches[::-1])
        label = np.concatenate(labels[::-1]) if labels else None
        if coder.to_bytes() != _borrowed_bytes(self.seed, block.num_borrowed):
            return None
        return (levels, label) if _crc(levels, label) == block.content_crc else None

    @property
    def _codes_classes(self) -> bool:
        """Whether there is a choice between classes."""
        return self.class_shares is not None and len(self.class_shares) > 1

    def _class_probabilities(self, number: int) -> np.ndarray:
        assert self.class_shares is not None
        return np.tile(self.class_shares, (number, 1))


def class_shares(classes: Classes, num_classes: int) -> np.ndarray:
    """Returns the probabilities that classes are coded with, float64 [num_classes].

    They are the frequencies of the training data. A class that never occurs there can
    be coded too.
    """
    shares = np.exp(classes.log_frequencies(num_classes))
    return normalize(np.maximum(shares, SMALLEST_PROBABILITY))


def _crc(levels: np.ndarray, label: np.ndarray | None) -> int:
    crc = zlib.crc32(levels.astype("<u2").tobytes())
    return crc if label is None else zlib.crc32(label.astype("<i4").tobytes(), crc)


def _borrowed_bytes(seed: int, number: int) -> bytes:
    """Returns bytes that both sides know, the last one not 0."""
    if not number:
        return b""
    drawn = tf.random.stateless_uniform(
        [number], derive_seed(seed, "borrowed"), 1, 256, tf.int32
    )
    return drawn.numpy().astype(np.uint8).tobytes()
