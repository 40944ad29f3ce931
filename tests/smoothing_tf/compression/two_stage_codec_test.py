"""The x~ of the codecs are distributed as the noise, and cost nothing of their own."""

import numpy as np
import pytest
import scipy.stats

from smoothing_tf.compression.bits_back_codec import BitsBackCodec
from smoothing_tf.compression.coder import Coder
from smoothing_tf.compression.dither_codec import DitherCodec
from smoothing_tf.smoothing import Gaussian, Uniform
from tests.testing.tiny_codecs import NUM_LEVELS, images, made_trained

pytest.importorskip("constriction")

_NUM_IMAGES = 400


def _unit(levels):
    return 2.0 * levels / (NUM_LEVELS - 1) - 1.0


def test_bits_back_coding_draws_the_noise_and_gives_the_bits_back():
    codec = BitsBackCodec(made_trained(Gaussian(0.4)).two_stage, NUM_LEVELS, 0.25)
    levels = images(_NUM_IMAGES)
    data = np.random.default_rng(1).integers(1, 256, 4000).astype(np.uint8).tobytes()
    coder = Coder(data)
    alphabet = codec.smoothed_alphabet(_NUM_IMAGES, 0)
    symbols = codec.choose_smoothed(coder, levels, alphabet)
    noise = alphabet.all_values(symbols) - _unit(levels)
    test = scipy.stats.kstest(noise.ravel() / 0.4, "norm")
    # The grid moves a value by up to an eighth of the standard deviation.
    assert test.statistic < 0.08
    taken = 8 * (len(data) - len(coder.to_bytes()))
    estimate = codec.borrowed_bits(levels)
    assert 0.6 * np.sum(estimate) < taken < np.sum(estimate)
    codec.return_bits(coder, levels, symbols)
    assert coder.to_bytes() == data


def test_dither_moves_each_value_uniformly_to_the_next_point_of_its_lattice():
    codec = DitherCodec(made_trained(Uniform(0.4)).two_stage, NUM_LEVELS, seed=3)
    levels = images(_NUM_IMAGES)
    alphabet = codec.smoothed_alphabet(_NUM_IMAGES, 0)
    coder = Coder(b"abcdefgh")
    symbols = codec.choose_smoothed(coder, levels, alphabet)
    assert coder.to_bytes() == b"abcdefgh"
    noise = alphabet.all_values(symbols) - _unit(levels)
    width = 2.0 * 0.4 * np.sqrt(3.0)
    assert np.max(np.abs(noise)) <= width / 2 + 1e-6
    uniform = scipy.stats.uniform(-width / 2, width)
    assert scipy.stats.kstest(noise.ravel(), uniform.cdf).pvalue > 0.01
    np.testing.assert_allclose(np.diff(alphabet.points), width, rtol=1e-12)
    other = codec.smoothed_alphabet(_NUM_IMAGES, 1)
    assert not np.any(other.points == alphabet.points)


def test_dither_needs_uniform_noise():
    with pytest.raises(ValueError, match="must have uniform noise.*got Gaussian"):
        DitherCodec(made_trained(Gaussian(0.4)).two_stage, NUM_LEVELS, seed=3)
