"""Coding of images by a model of clean images."""

from smoothing_tf.compression.alphabet import Alphabet
from smoothing_tf.compression.coded_walk import CodedWalk
from smoothing_tf.compression.image_codec import ImageCodec
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition


class BaselineCodec(ImageCodec):
    """Codes x by P(x) at a cost of -log2 P(x) bits.

    Args:
      model: the baseline.
      num_levels: number of levels of the data.
    """

    def __init__(self, model: AutoregressiveModel, num_levels: int):
        self._walk = CodedWalk(model)
        self._alphabet = Alphabet.of_levels(num_levels)

    def push(self, coder, levels, label, number):
        self._walk.push(coder, levels, self._alphabet, Condition(label=label))

    def pop(self, coder, batch_size, label, number):
        condition = Condition(label=label)
        return self._walk.pop(coder, batch_size, self._alphabet, condition)
