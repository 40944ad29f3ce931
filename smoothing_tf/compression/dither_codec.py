"""Universal quantization of images by a two-stage model of uniform noise."""

import math

import numpy as np
import tensorflow as tf

from smoothing_tf.compression.alphabet import Alphabet
from smoothing_tf.compression.two_stage_codec import TwoStageCodec
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.seeds import derive_seed


class DitherCodec(TwoStageCodec):
    """Uses as x~ the point nearest to x of a randomly shifted lattice.

    Both sides draw the shifts from the seed, and so x~ - x is uniform as under q, while
    the choice of x~ takes no bits that would have to be returned. With p(x~) normalized
    over the lattice, a batch costs at most the bound, in expectation.

    Args:
      two_stage: the model, of two autoregressive ones, with uniform noise.
      num_levels: number of levels of the data.
      seed: seed of the shifts.

    Reference: Zamir and Feder, "On universal quantization by randomized
    uniform/lattice quantizers", 1992; Agustsson and Theis, "Universally Quantized
    Neural Compression", NeurIPS 2020.
    """

    def __init__(self, two_stage: TwoStageModel, num_levels: int, seed: int):
        super().__init__(two_stage, num_levels)
        self._seed = seed
        step = two_stage.smoothing.lattice_step
        if step is None:
            raise ValueError(
                "`two_stage` must have uniform noise for universal quantization; got"
                f" {type(two_stage.smoothing).__name__}."
            )
        self._step = step
        # The nearest lattice point of any x on [-1, 1] is among these.
        self._last = math.ceil(1.0 / step + 0.5)

    def smoothed_alphabet(self, batch_size, number):
        num_dims = math.prod(self._two_stage.event_shape)
        shifts = tf.random.stateless_uniform(
            [num_dims, batch_size, 1],
            derive_seed(self._seed, "dither", number),
            dtype=tf.float64,
        )
        multiples = np.arange(-self._last, self._last + 1)
        return Alphabet(self._step * (shifts.numpy() - 0.5 + multiples), False)

    def choose_smoothed(self, coder, levels, smoothed):
        flat = levels.reshape(len(levels), -1)
        x = self._levels.points[flat].T
        distance = np.abs(smoothed.points - x[..., None])
        return np.argmin(distance, axis=-1).T.reshape(levels.shape).astype(np.int32)
