"""Any data set of TFDS by name, and the splits that it lacks."""

import pickle

import numpy as np
import pytest
import tensorflow_datasets as tfds

from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.source import source_from_directory
from smoothing_tf.data.tfds_sets import with_held_out_splits
from tests.testing import tiny_data

_FEATURES = {"x": tfds.features.Tensor(shape=(2,), dtype=np.float32)}


def _records(*splits: str, n: int = 40) -> dict[str, list[dict]]:
    rng = np.random.default_rng(0)
    return {
        split: [{"x": row} for row in rng.normal(size=(n, 2)).astype(np.float32)]
        for split in splits
    }


def test_a_prepared_set_is_opened_by_name_and_version(tmp_path, capsys):
    tiny_data.write_directory(tmp_path, _FEATURES, _records("train"))
    dataset = open_dataset(DataConfig("tfds:tiny:1.0.0", str(tmp_path)))
    assert (dataset.event_shape, dataset.num_levels) == ((2,), None)
    assert dataset.num_examples == {"train": 32, "validation": 4, "test": 4}
    notes = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in notes] == [
        "tiny has no split 'validation'",
        "tiny has no split 'test'",
    ]


@pytest.mark.parametrize(
    "splits, expected",
    [
        (("train",), {"train": 32, "validation": 4, "test": 4}),
        (("train", "test"), {"train": 36, "validation": 4, "test": 40}),
        (("train", "validation"), {"train": 40, "validation": 40}),
        (
            ("train", "test", "extra"),
            {"train": 36, "validation": 4, "test": 40, "extra": 40},
        ),  # fmt: skip
    ],
)
def test_missing_splits_are_cut_from_train_without_overlap(tmp_path, splits, expected):
    directory = tiny_data.write_directory(tmp_path, _FEATURES, _records(*splits))
    whole = source_from_directory(directory)
    rows = Dataset(whole).array("train")
    # Workers get the shards pickled.
    source = pickle.loads(pickle.dumps(with_held_out_splits(whole)))
    dataset = Dataset(source)
    assert dataset.num_examples == expected
    missing = [split for split in ("validation", "test") if split not in splits]
    if "validation" in splits:
        missing = []
    parts = [dataset.array(split) for split in ("train", *missing)]
    assert sorted(map(tuple, np.concatenate(parts))) == sorted(map(tuple, rows))
    for split in set(splits) - {"train"}:
        np.testing.assert_array_equal(dataset.array(split), Dataset(whole).array(split))
    for part in source.shards["train"]:
        assert part.place_of(0).endswith(tuple("0123456789"))


def test_a_set_without_a_training_split_is_refused(tmp_path):
    directory = tiny_data.write_directory(tmp_path, _FEATURES, _records("test"))
    with pytest.raises(ValueError, match="must have a split 'train'; it has test"):
        with_held_out_splits(source_from_directory(directory))
