"""Tests of the automatic noise scale."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.noise_scale import median_distance_noise_scale
from smoothing_tf.data.source import source_from_arrays
from tests.testing import tiny_data


def _vectors(x: np.ndarray) -> Dataset:
    return Dataset(source_from_arrays("points", {"train": x.astype(np.float32)}, None))


def test_images_are_measured_on_the_unit_scale():
    levels = tiny_data.tiny_arrays()["train"].reshape(24, 16)
    expected = np.median(pdist(levels * 2.0 / 3.0 - 1.0)) / (2 * math.sqrt(16))
    actual = median_distance_noise_scale(tiny_data.tiny_dataset(), seed=0)
    assert actual == pytest.approx(expected, rel=1e-6)


def test_vectors_are_measured_as_they_are():
    x = np.random.default_rng(0).normal(scale=5.0, size=(300, 2))
    actual = median_distance_noise_scale(_vectors(x), seed=0)
    assert actual == pytest.approx(np.median(pdist(x)) / (2 * math.sqrt(2)), rel=1e-6)
    # In the unit of the data: ten times the data, ten times the noise.
    ten_times = median_distance_noise_scale(_vectors(10 * x), seed=0)
    assert ten_times == pytest.approx(10 * actual, rel=1e-6)


def test_a_subset_is_chosen_by_the_seed_and_comes_close():
    x = np.random.default_rng(0).normal(size=(1000, 2))
    whole, subset, again, other = (
        median_distance_noise_scale(_vectors(x), seed=seed, max_examples=n)
        for seed, n in ((0, 1000), (0, 300), (0, 300), (1, 300))
    )
    assert subset == again
    assert subset != other
    assert subset == pytest.approx(whole, rel=0.1)


def test_equal_or_too_few_examples_are_refused():
    with pytest.raises(ValueError, match="must differ"):
        median_distance_noise_scale(_vectors(np.ones((10, 2))), seed=0)
    with pytest.raises(ValueError, match="at least 2 examples"):
        median_distance_noise_scale(_vectors(np.ones((1, 2))), seed=0)
