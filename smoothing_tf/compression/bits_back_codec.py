"""Bits-back coding of images by a two-stage model."""

import math

import numpy as np
import tensorflow as tf

from smoothing_tf.compression.alphabet import Alphabet
from smoothing_tf.compression.two_stage_codec import TwoStageCodec
from smoothing_tf.models.cells import Cells
from smoothing_tf.models.mixture_probabilities import normalize
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.smoothing import Smoothing

# Standard deviations of the noise that the grid extends beyond the images.
_REACH = 8.0
# The probabilities of all cells of a batch are in memory together.
_MAX_CELLS = 100_000
# Standard deviations of the borrowed bits that an estimate adds to their mean.
_MARGIN = 4.0


class BitsBackCodec(TwoStageCodec):
    """Draws x~ from q(x~ | x) with bits of the stack, which the decoder returns.

    A batch costs -log2 p(x~) P(x | x~) / q(x~ | x) bits, in expectation the bound, with
    x~ on a grid. The first batch has nothing to take bits from and must borrow them.

    Args:
      two_stage: the model, of two autoregressive ones.
      num_levels: number of levels of the data.
      grid: width of the cells of the grid, in standard deviations of the noise.

    Raises:
      ValueError: the noise has no distribution function, or the grid too many cells.

    Reference: Townsend et al., "Practical Lossless Compression with Latent Variables
    using Bits Back Coding", ICLR 2019.
    """

    def __init__(self, two_stage: TwoStageModel, num_levels: int, grid: float):
        super().__init__(two_stage, num_levels)
        scale = two_stage.smoothing.noise_scale
        width = grid * scale
        half = math.ceil((1.0 + _REACH * scale) / width)
        if 2 * half + 1 > _MAX_CELLS:
            raise ValueError(
                f"`grid` of {grid:g} gives {2 * half + 1:,} cells with the run's"
                f" noise_scale of {scale:g}, and at most {_MAX_CELLS:,} can be coded."
                " Use a larger --grid."
            )
        cells = Cells(width * np.arange(-half, half + 1), True)
        self._grid = Alphabet(cells.points, cells.have_extent)
        self._noise = _cell_masses(two_stage.smoothing, self._levels.points, cells)
        surprise = -np.log2(np.maximum(self._noise, np.finfo(float).tiny))
        mean = np.sum(self._noise * surprise, axis=1)
        variance = np.sum(self._noise * surprise**2, axis=1) - mean**2
        self._mean_bits, self._variance_of_bits = mean, np.maximum(variance, 0.0)

    @property
    def borrows(self):
        return True

    def borrowed_bits(self, levels):
        flat = levels.reshape(len(levels), -1)
        mean = np.sum(self._mean_bits[flat], axis=1)
        return mean + _MARGIN * np.sqrt(np.sum(self._variance_of_bits[flat], axis=1))

    def smoothed_alphabet(self, batch_size, number):
        return self._grid

    def choose_smoothed(self, coder, levels, smoothed):
        flat = levels.reshape(len(levels), -1)
        symbols = [coder.pop(self._noise[image]) for image in flat]
        return np.stack(symbols).reshape(levels.shape)

    def return_bits(self, coder, levels, symbols):
        flat = levels.reshape(len(levels), -1)
        own = symbols.reshape(flat.shape)
        for image, smoothed in zip(flat[::-1], own[::-1], strict=True):
            coder.push(smoothed, self._noise[image])


def _cell_masses(smoothing: Smoothing, x: np.ndarray, cells: Cells) -> np.ndarray:
    """Computes the masses of the cells under q(x~ | x), float64 [len(x), k]."""
    noise = smoothing.coordinate_distribution(tf.constant(x[:, None]))
    try:
        below = noise.cdf(cells.edges).numpy()
    except NotImplementedError:
        raise ValueError(
            f"The noise {type(smoothing).__name__} has no distribution function, which"
            " the two-stage codec needs. Use --stage=baseline, or define `cdf`."
        ) from None
    ends = np.zeros([len(x), 1]), np.ones([len(x), 1])
    masses = np.diff(np.concatenate([ends[0], below, ends[1]], axis=1), axis=1)
    return normalize(np.maximum(masses, 0.0))
