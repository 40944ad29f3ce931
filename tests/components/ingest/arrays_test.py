"""Ingest of arrays and tables: the prepared directory is the same data set."""

import numpy as np
import pytest

from components.ingest.executor import run
from smoothing_tf.artifacts import read_json, write_json
from smoothing_tf.data.dataset import DataConfig, open_dataset

SPLITS = ("train", "validation", "test")


def _run(dataset, path, output_dir, **settings) -> None:
    run(
        dataset=dataset,
        data_dir=str(path),
        max_rejected_fraction=0.0,
        beam_runner="DirectRunner",
        beam_options=[],
        output_dir=str(output_dir),
        data_settings=settings,
    )


def _open(directory):
    return open_dataset(DataConfig("directory", str(directory)))


def test_arrays_with_labels_are_stored(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)
    np.savez(tmp_path / "x.npz", pictures=x, labels=np.arange(40) % 3)
    _run(
        "arrays", tmp_path / "x.npz", tmp_path / "out", split_fractions=[0.5, 0.2, 0.3]
    )
    given = open_dataset(
        DataConfig("arrays", str(tmp_path / "x.npz"), split_fractions=(0.5, 0.2, 0.3))
    )
    stored = _open(tmp_path / "out")
    assert stored.num_examples == {"train": 20, "validation": 8, "test": 12}
    for split in SPLITS:
        np.testing.assert_array_equal(stored.array(split), given.array(split))
        np.testing.assert_array_equal(stored.labels(split), given.labels(split))
    assert stored.source.class_names == ("0", "1", "2")


def test_a_standardized_table_keeps_its_scale(tmp_path):
    rows = np.random.default_rng(0).normal([1e9, 0.0, 5.0], [0.1, 9.0, 2.0], (60, 3))
    np.savez(tmp_path / "x.npz", rows=rows, columns=np.array(["a", "b", "c"]))
    settings = {"columns": ["c", "a"], "standardize": True}
    _run("table", tmp_path / "x.npz", tmp_path / "out", **settings)
    config = DataConfig(
        "table", str(tmp_path / "x.npz"), columns=("c", "a"), standardize=True
    )
    given, stored = open_dataset(config), _open(tmp_path / "out")
    assert stored.standardization == given.standardization
    assert stored.source.columns == ("c", "a")
    for split in SPLITS:
        np.testing.assert_array_equal(stored.array(split), given.array(split))
    metadata = read_json(tmp_path / "out" / "metadata.json")
    for damage in (
        {"std": [0.0, 1.0]},
        {"columns": ["c"], "mean": [0.0], "std": [1.0]},
    ):
        scale = metadata["standardization"] | damage
        write_json(
            tmp_path / "out" / "metadata.json", metadata | {"standardization": scale}
        )
        with pytest.raises(ValueError, match="metadata.json is damaged: .* Prepare"):
            _open(tmp_path / "out")
