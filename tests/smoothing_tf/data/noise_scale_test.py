"""Tests of the automatic noise scale."""

import dataclasses
import math
import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.noise_scale import median_distance_noise_scale, spread_warning
from smoothing_tf.data.source import source_from_arrays
from tests.testing import tiny_data


def _vectors(x: np.ndarray) -> Dataset:
    return Dataset(source_from_arrays("points", {"train": x.astype(np.float32)}, None))


def _images(x: np.ndarray, num_levels: int = 256) -> Dataset:
    x = x.astype(np.uint8)[..., None]
    return Dataset(source_from_arrays("images", {"train": x}, num_levels))


def _rule(x: np.ndarray) -> float:
    """Median distance / (2 sqrt(D)), in float64 from differences."""
    x = x.astype(np.float32).astype(np.float64).reshape(len(x), -1)
    differences = x[:, None] - x[None]
    distances = np.sqrt(np.sum(differences**2, axis=-1))
    median = np.median(distances[np.triu_indices(len(x), k=1)])
    return median / (2.0 * math.sqrt(x.shape[1]))


def test_images_are_measured_on_the_unit_scale():
    levels = tiny_data.tiny_arrays()["train"].reshape(24, 16)
    expected = np.median(pdist(levels * 2.0 / 3.0 - 1.0)) / (2 * math.sqrt(16))
    actual = median_distance_noise_scale(tiny_data.tiny_dataset())
    assert actual == pytest.approx(expected, rel=1e-12)


def test_vectors_are_measured_as_they_are():
    x = np.random.default_rng(0).normal(scale=5.0, size=(300, 2))
    actual = median_distance_noise_scale(_vectors(x))
    assert actual == pytest.approx(np.median(pdist(x)) / (2 * math.sqrt(2)), rel=1e-6)
    # In the unit of the data: ten times the data give ten times the noise.
    ten_times = median_distance_noise_scale(_vectors(10 * x))
    assert ten_times == pytest.approx(10 * actual, rel=1e-6)


def test_a_subset_is_nested_in_no_order_and_comes_close():
    # Sorted: the first 300 are much closer to each other than any others.
    x = np.sort(np.random.default_rng(0).normal(size=(3000, 2)), axis=0)
    whole, subset = (
        median_distance_noise_scale(_vectors(x), max_examples=n) for n in (3000, 300)
    )
    assert subset == pytest.approx(whole, rel=0.1)
    assert _rule(x[:300]) < 0.5 * whole


RAMP = np.arange(64).reshape(8, 8) * 4


def _with_copies(fraction: float, shape: tuple[int, ...] = (8, 8), n: int = 50):
    """Random images, a fraction of them replaced by copies of one."""
    x = np.random.default_rng(0).integers(0, 256, (n, *shape))
    x[: round(fraction * n)] = x[0]
    return x


@pytest.mark.parametrize(
    "dataset",
    [
        _images(np.tile(RAMP, (24, 1, 1))),
        _images(_with_copies(0.8)),
        _images(_with_copies(0.8, (32, 32))),
        _images(np.tile(RAMP % 17, (24, 1, 1)), num_levels=17),
        _images(np.full((24, 8, 8), 77)),
        _vectors(np.ones((10, 2))),
        _vectors(np.tile([0.1, -1e6, 3e-5], (30, 1))),
        _vectors(_with_copies(0.8, (3,)) / 7.0),
    ],
)
def test_equal_examples_are_refused(dataset):
    with pytest.raises(ValueError, match="must differ .* median distance of 0. Give"):
        median_distance_noise_scale(dataset)


@pytest.mark.parametrize("value", [0.1, 1e6, 1e-20, 3e30])
def test_examples_that_differ_by_rounding_are_refused(value):
    exact = np.full((40, 5), value, np.float32)
    steps = np.random.default_rng(0).integers(-1, 2, exact.shape)
    x = exact + steps * np.spacing(exact)
    with pytest.raises(ValueError, match="must differ .*, which is rounding. Give"):
        median_distance_noise_scale(_vectors(x))


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6])
def test_an_offset_does_not_change_the_scale(offset):
    x = np.random.default_rng(0).normal(size=(200, 3)) + offset
    assert median_distance_noise_scale(_vectors(x)) == pytest.approx(
        _rule(x), rel=1e-12
    )
    # Three standard normals around 1e6, where float32 numbers are .06 apart.
    assert _rule(x) == pytest.approx(0.628, rel=0.01)


def test_a_constant_coordinate_and_an_outlier_hide_no_differences():
    rng = np.random.default_rng(0)
    x = np.stack([np.full(100, 1e6), 0.01 * rng.normal(size=100)], axis=1)
    x[7, 1] = 1e9
    assert median_distance_noise_scale(_vectors(x)) == pytest.approx(_rule(x))


def test_nearly_equal_images_are_measured_exactly():
    # Each image differs from the common one by one level, at a different pixel.
    x = np.tile(RAMP, (60, 1, 1))
    for number, image in enumerate(x):
        image.ravel()[number] += 1
    expected = math.sqrt(2.0) * 2.0 / 255.0 / (2.0 * 8.0)
    assert median_distance_noise_scale(_images(x)) == pytest.approx(expected, rel=1e-12)


def test_half_of_the_examples_may_be_copies():
    x = _with_copies(0.5)
    expected = _rule(x) * 2.0 / 255.0
    assert median_distance_noise_scale(_images(x)) == pytest.approx(expected, rel=1e-12)


def test_memory_does_not_grow_with_the_dimension_of_all_pairs():
    x = np.random.default_rng(0).normal(size=(600, 1000)).astype(np.float32)
    dataset = _vectors(x)
    dataset.array("train")
    tracemalloc.start()
    median_distance_noise_scale(dataset)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All differences at once would be 600^2 x 1000 x 8 bytes, 2.9 GB.
    assert peak < 50e6


def test_too_few_examples_are_refused():
    with pytest.raises(ValueError, match="at least 2 examples"):
        median_distance_noise_scale(_vectors(np.ones((1, 2))))


def test_columns_of_very_different_spread_are_warned_of():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 4))
    x *= np.array([1.0, 569.0, 0.0026, 30.0]) / x.std(axis=0)
    x += [0.0, 1e4, 5.0, 0.0]
    warning = spread_warning(_vectors(x), 41.0)
    assert "\n" not in warning
    assert "from 0.0026 (column 2) to 569 (column 1)" in warning
    assert "the same noise scale, 41:" in warning
    assert "divide by its standard deviation" in warning


def test_the_columns_of_a_table_are_named_with_the_flag_that_helps(tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 3)) * [1.0, 20.0, 3.0]
    names = np.array(["age", "income", "height"])
    np.savez(tmp_path / "x.npz", people=rows, columns=names)
    config = DataConfig("table", str(tmp_path / "x.npz"))
    warning = spread_warning(open_dataset(config), 1.0)
    assert "(age) to" in warning and "(income), but" in warning
    assert warning.endswith(" Give --standardize.")
    config = dataclasses.replace(config, standardize=True)
    assert spread_warning(open_dataset(config), 1.0) is None


def test_a_constant_column_is_warned_of():
    x = np.random.default_rng(0).normal(size=(100, 2))
    x[:, 0] = 0.1
    assert "from 0 (column 0)" in spread_warning(_vectors(x), 1.0)


@pytest.mark.parametrize(
    "dataset",
    [
        _vectors(np.random.default_rng(0).normal(size=(500, 3)) * [1.0, 5.0, 0.8]),
        _vectors(np.random.default_rng(0).normal(size=(500, 1)) * 1e5),
        # Borders of images are often constant.
        _images(np.pad(_with_copies(0.0), ((0, 0), (2, 2), (2, 2)))),
        _vectors(np.random.default_rng(0).normal(size=(9, 2, 2, 1)) * [[[1], [99]]]),
    ],
)
def test_images_and_columns_of_one_scale_bring_no_warning(dataset):
    assert spread_warning(dataset, 1.0) is None
