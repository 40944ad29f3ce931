"""Which feature of a TFDS data set holds the class."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from components.ingest import executor
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_directory
from tests.testing import tiny_data

_NAMES = {"label": ["a", "b"], "coarse": ["x", "y", "z"], "fine": ["p", "q", "r", "s"]}


def _directory(root, labels, supervised_keys=None) -> str:
    features = {"x": tfds.features.Tensor(shape=(2,), dtype=np.float32)}
    for name in labels:
        features[name] = tfds.features.ClassLabel(names=_NAMES[name])
    rows = [
        {"x": np.full(2, i, np.float32)}
        | {name: i % len(_NAMES[name]) for name in labels}
        for i in range(12)
    ]
    return tiny_data.write_directory(
        root, features, {"train": rows}, supervised_keys=supervised_keys
    )


@pytest.mark.parametrize(
    "labels, supervised_keys, expected",
    [
        (["label", "coarse"], ("x", "coarse"), "coarse"),
        (["coarse", "fine"], ("x", "fine"), "fine"),
        (["label", "coarse"], None, "label"),
        # An input is no class, nor is a target of several features.
        (["label", "coarse"], ("x", "x"), "label"),
        (["label", "coarse"], ("x", {"a": "coarse", "b": "x"}), "label"),
        (["fine"], None, "fine"),
        ([], None, None),
        ([], ("x", "x"), None),
    ],
)
def test_the_target_goes_before_label(tmp_path, labels, supervised_keys, expected):
    source = source_from_directory(_directory(tmp_path, labels, supervised_keys))
    assert source.notes == ()
    dataset = Dataset(source)
    assert (dataset.num_classes is None) == (expected is None)
    if expected is None:
        assert dataset.labels("train") is None and source.class_names is None
        return
    assert source.class_names == tuple(_NAMES[expected])
    # TFDS writes the records in an order of its own.
    rows = dataset.array("train")[:, 0].astype(int)
    np.testing.assert_array_equal(dataset.labels("train"), rows % len(_NAMES[expected]))


def test_of_several_classes_without_a_target_none_is_chosen(tmp_path):
    source = source_from_directory(_directory(tmp_path, ["coarse", "fine"]))
    (note,) = source.notes
    assert "is read without labels: it has the class labels coarse, fine" in note
    dataset = Dataset(source)
    assert dataset.labels("train") is None and len(dataset.array("train")) == 12


def test_ingest_keeps_classes_of_another_name(tmp_path):
    directory = _directory(tmp_path / "in", ["coarse", "fine"], ("x", "fine"))
    executor.run(
        dataset="directory",
        data_dir=directory,
        max_rejected_fraction=0.0,
        beam_runner="DirectRunner",
        beam_options=[],
        output_dir=str(tmp_path / "out"),
    )
    before, after = (
        Dataset(source_from_directory(d)) for d in (directory, str(tmp_path / "out"))
    )
    assert after.source.class_names == tuple(_NAMES["fine"])
    np.testing.assert_array_equal(after.labels("train"), before.labels("train"))
