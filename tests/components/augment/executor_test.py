"""Tests of choosing and showing the noise scale."""

import math

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from components.augment import preview
from components.augment.executor import run
from smoothing_tf.artifacts import read_json
from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.noise_scale import median_distance_noise_scale
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.smoothing import Gaussian
from tests.testing import tiny_data


def _run(data_dir: str, output_dir, **kwargs) -> dict:
    kwargs = {"smoothing": "gaussian", "noise_scale": None, "seed": 3, **kwargs}
    return run(data_dir=data_dir, output_dir=str(output_dir), **kwargs)


def test_the_automatic_scale_is_the_rule_of_the_median_distance(tmp_path):
    data_dir = tiny_data.tiny_directory(tmp_path / "data")
    resolved = _run(data_dir, tmp_path / "out")
    dataset = open_dataset(DataConfig("directory", data_dir))
    assert resolved["noise_scale"] == median_distance_noise_scale(dataset)
    assert resolved["chosen_by"] == "auto (median pairwise distance)"
    assert read_json(tmp_path / "out" / "smoothing.json") == resolved


@pytest.mark.parametrize(("noise_scale", "bits"), [(0.3, 0.3101), (0.5, 1.0471)])
def test_a_given_scale_is_kept_and_its_entropy_reported(tmp_path, noise_scale, bits):
    data_dir = tiny_data.tiny_directory(tmp_path / "data")
    resolved = _run(data_dir, tmp_path / "out", noise_scale=noise_scale)
    assert resolved["noise_scale"] == noise_scale
    assert resolved["chosen_by"] == "given"
    entropy = resolved["noise_entropy_bits_per_dim"]
    assert entropy == pytest.approx(bits, abs=5e-5)
    exact = 0.5 * math.log2(2 * math.pi * math.e * noise_scale**2)
    assert entropy == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_shown_in_four_rows(tmp_path, channels):
    data_dir = tiny_data.tiny_directory(tmp_path / "data", (4, 4, channels))
    _run(data_dir, tmp_path / "out")
    with Image.open(tmp_path / "out" / "preview.png") as picture:
        assert picture.width > picture.height > 300


@pytest.mark.parametrize("size", [1, 2])
def test_vectors_are_shown_too(tmp_path, size):
    x = np.random.default_rng(0).normal(size=(50, size)).astype(np.float32)
    data_dir = tiny_data.write_directory(
        tmp_path / "data",
        {"x": tfds.features.Tensor(shape=(size,), dtype=np.float32)},
        {"train": [{"x": row} for row in x]},
    )
    _run(data_dir, tmp_path / "out")
    with Image.open(tmp_path / "out" / "preview.png") as picture:
        assert picture.width > picture.height > 300


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"noise_scale": 0.0}, "`noise_scale` must be a finite number above 0; got 0"),
        ({"noise_scale": -1.0}, "`noise_scale` must be a finite number above 0"),
        ({"noise_scale": math.nan}, "`noise_scale` must be a finite number above 0"),
        ({"smoothing": "salt"}, "`smoothing` must be one of .*gaussian.*; got 'salt'"),
    ],
)
def test_a_wrong_smoothing_is_refused_and_nothing_written(tmp_path, kwargs, message):
    data_dir = tiny_data.tiny_directory(tmp_path / "data")
    with pytest.raises(ValueError, match=message):
        _run(data_dir, tmp_path / "out", **kwargs)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def _write_vectors(directory, x: np.ndarray) -> str:
    features = {"x": tfds.features.Tensor(shape=x.shape[1:], dtype=np.float32)}
    records = {"train": [{"x": row} for row in x.astype(np.float32)]}
    return tiny_data.write_directory(directory, features, records)


def test_columns_of_very_different_spread_are_warned_of(tmp_path, capsys):
    x = np.random.default_rng(0).normal(size=(50, 2))
    _run(_write_vectors(tmp_path / "one", x), tmp_path / "a")
    assert "warning" not in capsys.readouterr().err
    _run(_write_vectors(tmp_path / "two", x * [1.0, 569.0]), tmp_path / "b")
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("warning: the columns of 'tiny' have standard deviations")


@pytest.mark.parametrize("shape", [(1,), (4, 4, 1)])
def test_the_preview_of_a_sorted_split_shows_all_of_it(tmp_path, monkeypatch, shape):
    shown = []
    draw = "_draw_vectors" if len(shape) == 1 else "_draw_images"
    monkeypatch.setattr(preview, draw, lambda axis, x: shown.append(x))
    monkeypatch.setattr(preview, "_NUM_POINTS", 10)
    levels = np.repeat(np.arange(10), 20).reshape(-1, *[1] * len(shape))
    x = np.broadcast_to(levels, (200, *shape))
    num_levels = None if len(shape) == 1 else 10
    source = source_from_arrays(
        "sorted",
        {"train": x.astype(np.float32 if num_levels is None else np.uint8)},
        num_levels,
    )
    preview.write_preview(
        tmp_path / "preview.png", Dataset(source), Gaussian, 0.1, seed=0
    )
    assert len(shown[0]) == 10
    assert len(np.unique(shown[0])) >= 4
