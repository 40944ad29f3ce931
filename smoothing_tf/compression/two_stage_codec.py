"""Coding of images by a two-stage model, however x~ is chosen."""

import abc

import numpy as np

from smoothing_tf.compression.alphabet import Alphabet
from smoothing_tf.compression.coded_walk import CodedWalk
from smoothing_tf.compression.coder import Coder
from smoothing_tf.compression.image_codec import ImageCodec
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.two_stage import TwoStageModel


class TwoStageCodec(ImageCodec):
    """Codes an x~ of each x by p(x~), and x by P(x | x~).

    Args:
      two_stage: the model, of two autoregressive ones.
      num_levels: number of levels of the data.
    """

    def __init__(self, two_stage: TwoStageModel, num_levels: int):
        self._two_stage = two_stage
        self._smoothed_walk = CodedWalk(two_stage.smoothed)
        self._reverse_walk = CodedWalk(two_stage.reverse)
        self._levels = Alphabet.of_levels(num_levels)

    @abc.abstractmethod
    def choose_smoothed(
        self, coder: Coder, levels: np.ndarray, smoothed: Alphabet
    ) -> np.ndarray:
        """Chooses an x~ for each image.

        Args:
          coder: may give the bits that the choice takes.
          levels: integers [b, ...event_shape].
          smoothed: the values that x~ can have.

        Returns:
          Symbols of x~, int32 [b, ...event_shape].
        """

    def return_bits(
        self, coder: Coder, levels: np.ndarray, symbols: np.ndarray
    ) -> None:
        """Returns to the coder the bits that `choose_smoothed` took."""

    @abc.abstractmethod
    def smoothed_alphabet(self, batch_size: int, number: int) -> Alphabet:
        """Returns the values that the x~ of a batch can have."""

    def push(self, coder, levels, label, number):
        alphabet = self.smoothed_alphabet(len(levels), number)
        symbols = self.choose_smoothed(coder, levels, alphabet)
        condition = self._reverse_condition(symbols, alphabet, label)
        self._reverse_walk.push(coder, levels, self._levels, condition)
        condition = self._smoothed_condition(label)
        self._smoothed_walk.push(coder, symbols, alphabet, condition)

    def pop(self, coder, batch_size, label, number):
        alphabet = self.smoothed_alphabet(batch_size, number)
        condition = self._smoothed_condition(label)
        symbols = self._smoothed_walk.pop(coder, batch_size, alphabet, condition)
        condition = self._reverse_condition(symbols, alphabet, label)
        levels = self._reverse_walk.pop(coder, batch_size, self._levels, condition)
        self.return_bits(coder, levels, symbols)
        return levels

    def _smoothed_condition(self, label):
        takes_label = self._two_stage.smoothed.num_classes is not None
        return Condition(label=label if takes_label else None)

    def _reverse_condition(self, symbols, alphabet, label):
        x_smoothed = alphabet.all_values(symbols)
        return self._two_stage.reverse_condition(x_smoothed, label)
