"""Data sets of arrays: the same as the arrays, and clear about what is wrong."""

import pickle

import numpy as np
import pytest

from smoothing_tf.data.dataset import DataConfig, open_dataset
from tests.testing import tiny_data

NAMES = ("train", "validation", "test")


def _open(path, **settings):
    return open_dataset(DataConfig("arrays", str(path), **settings))


def _images(n=20, shape=(4, 6, 3), seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, *shape), dtype=np.uint8)


def _vectors(n=20, size=3, dtype="float32"):
    return np.random.default_rng(0).normal(size=(n, size)).astype(dtype)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3)])
def test_images_come_back_as_they_were(tmp_path, shape):
    arrays = {s: _images(10 + i, shape, i) for i, s in enumerate(NAMES)}
    labels = {f"{s}_labels": np.arange(len(x)) % 3 for s, x in arrays.items()}
    np.savez(tmp_path / "x.npz", **arrays, **labels)
    dataset = _open(tmp_path / "x.npz")
    assert dataset.name == "x" and dataset.num_levels == 256
    assert dataset.source.class_names == ("0", "1", "2")
    for split, x in arrays.items():
        found = dataset.array(split)
        assert not found.flags.writeable and found.dtype == np.uint8
        np.testing.assert_array_equal(found, x.reshape(len(x), 4, 6, -1))
        np.testing.assert_array_equal(dataset.labels(split), labels[f"{split}_labels"])


def test_float64_vectors_become_float32(tmp_path):
    arrays = {split: _vectors(dtype="float64") for split in NAMES}
    np.savez_compressed(tmp_path / "x.npz", **arrays)
    dataset = _open(tmp_path / "x.npz")
    assert dataset.num_levels is None and dataset.event_shape == (3,)
    assert dataset.labels("train") is None and dataset.source.class_names is None
    np.testing.assert_array_equal(dataset.array("test"), np.float32(arrays["test"]))


def test_a_single_array_is_divided_by_a_constant_permutation(tmp_path):
    x, y = _images(50), np.arange(50) % 5
    np.savez(tmp_path / "x.npz", pictures=x, labels=y)
    dataset = _open(tmp_path / "x.npz", split_fractions=(0.6, 0.2, 0.2))
    assert dataset.num_examples == {"train": 30, "validation": 10, "test": 10}
    found = {split: dataset.array(split) for split in NAMES}
    place = {image.tobytes(): i for i, image in enumerate(x)}
    rows = {s: [place[i.tobytes()] for i in images] for s, images in found.items()}
    assert sorted(sum(rows.values(), [])) == list(range(50))
    for split, own in rows.items():
        np.testing.assert_array_equal(dataset.labels(split), y[own])
    np.save(tmp_path / "x.npy", x)
    again = _open(tmp_path / "x.npy", split_fractions=(0.6, 0.2, 0.2))
    np.testing.assert_array_equal(again.array("test"), found["test"])


def test_validation_is_held_out_of_train(tmp_path, capsys):
    x = _images(40)
    np.savez(tmp_path / "x.npz", train=x, test=x[:3], train_labels=np.arange(40),
             test_labels=np.arange(3))  # fmt: skip
    dataset = _open(tmp_path / "x.npz")
    assert "no array validation: 4 of its 40 training" in capsys.readouterr().err
    assert dataset.num_examples == {"train": 36, "validation": 4, "test": 3}
    held_out = dataset.labels("validation")
    np.testing.assert_array_equal(dataset.array("validation"), x[held_out])
    np.testing.assert_array_equal(
        dataset.array("train"), np.delete(x, held_out, axis=0)
    )


def test_a_file_of_any_size_is_not_copied(tmp_path):
    np.save(tmp_path / "x.npy", _images(30, (4, 4)))
    dataset = _open(tmp_path / "x.npy", split_fractions=(1.0, 0.0, 0.0))
    (shard,) = dataset.source.shards["train"]
    assert len(pickle.dumps(shard)) < 2000
    np.savez(tmp_path / "x.npz", train=_vectors(), validation=_vectors())
    for split in ("train", "validation"):
        dataset = _open(tmp_path / "x.npz")
        (shard,) = dataset.source.shards[split]
        assert np.shares_memory(dataset.array(split), shard.array)


def test_a_mapped_file_is_read_where_it_lies(tmp_path, monkeypatch):
    monkeypatch.setattr("smoothing_tf.data.array_file._MIN_MAPPED_BYTES", 1)
    arrays = {split: _images(9, (4, 4, 1)) for split in NAMES}
    np.savez(tmp_path / "x.npz", **arrays)
    found = _open(tmp_path / "x.npz").array("train")
    while not isinstance(found, np.memmap):
        found = found.base
    np.testing.assert_array_equal(found, arrays["train"])


def test_levels_are_converted_as_those_of_a_folder(tmp_path):
    x = np.arange(256, dtype=np.uint8).reshape(16, 4, 4)
    np.savez(tmp_path / "x.npz", train=x, validation=x)
    dataset = _open(tmp_path / "x.npz", num_levels=17)
    assert dataset.num_levels == 17
    np.testing.assert_array_equal(
        dataset.array("train")[..., 0], np.rint(x.astype(float) * 16 / 255)
    )
    np.savez(tmp_path / "v.npz", train=_vectors(), validation=_vectors())
    with pytest.raises(ValueError, match="`num_levels` only applies to images"):
        _open(tmp_path / "v.npz", num_levels=17)


def test_classes_may_have_names(tmp_path):
    names = np.array(["cat", "dog", "owl"])
    arrays = {"x": _images(), "labels": np.arange(20) % 3}
    np.savez(tmp_path / "x.npz", **arrays, class_names=names)
    assert _open(tmp_path / "x.npz").source.class_names == ("cat", "dog", "owl")
    np.savez(tmp_path / "x.npz", **arrays, class_names=names[:2])
    with pytest.raises(ValueError, match="must be different and at least 3"):
        _open(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", x=_images(), class_names=names)
    with pytest.raises(ValueError, match="names of classes, but no labels"):
        _open(tmp_path / "x.npz")


@pytest.mark.parametrize(
    "arrays, problem",
    [
        ({"train": _images(shape=(4,))}, "uint8 .20, 4.. Reshape images"),
        ({"train": _images(shape=(2, 4, 4, 1))}, "got uint8 .20, 2, 4, 4, 1"),
        ({"train": _images(0)}, "none of them 0; got uint8"),
        ({"train": _vectors()[:, 0]}, r"Give single numbers as x\[:, None\]"),
        ({"train": _images() / 255}, r"np.rint\(255 \* x\).astype\(np.uint8\)"),
        ({"train": np.ones((3, 3), int)}, r"x.astype\(np.float32\) for vectors"),
        ({"train": np.ones((3, 4, 4), np.uint16)}, r"np.rint\(x / 257\)"),
        ({"train": np.ones((3, 4, 4), bool)}, r"255 \* x.astype"),
        ({"train": np.ones((3, 4), complex)}, "got complex128 .3, 4.. Give numbers"),
        ({"train": np.array(["a", "b"])}, "got <U1 .2.. Give numbers"),
        ({"test": _images()}, "must hold an array train; got test"),
        ({"train": _images(), "valid": _images()}, "got 'valid'. Remove or rename"),
        ({"train": _images(), "labels": np.arange(20)}, "got 'labels'"),
        ({"a": _images(), "b": _images()}, "or a single array, .* got a, b."),
        ({}, "got none"),
        ({"a": _images(), "train_labels": np.arange(20)}, "got a, train_labels"),
        ({"train": _images(), "test_labels": np.arange(20)}, "none of the examples"),
        (
            {"train": _images(), "test": _images(), "test_labels": np.arange(20)},
            "labels for all splits or none; got none for train",
        ),
        ({"a": _images(), "labels": np.arange(19)}, r"integers \[20\].*got shape .19"),
        ({"a": _images(), "labels": np.ones(20)}, "got float64. Give x.astype"),
        ({"a": _images(), "labels": np.arange(20) - 1}, "got -1. Number the classes"),
        ({"train": _images(), "test": _vectors()}, "one shape and kind; got uint8"),
        ({"train": _vectors(), "test": _vectors(size=4)}, r"float32 \[20, 4\] in test"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, arrays, problem):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(ValueError, match=problem) as error:
        _open(tmp_path / "x.npz")
    assert "x.npz" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("dtype, value", [("f4", np.nan), ("f8", np.inf), ("f8", 1e39)])
def test_a_vector_that_is_not_finite_is_named(tmp_path, dtype, value):
    x = _vectors(dtype=dtype)
    x[7, 1] = value
    np.savez(tmp_path / "x.npz", train=x, validation=_vectors())
    dataset = _open(tmp_path / "x.npz")
    with pytest.raises(ValueError, match="^Record 7 of the split 'train' .*row 7. has"):
        dataset.array("train")
    assert len(dataset.array("validation")) == 20


def test_records_for_the_pipeline_hold_the_same(tmp_path):
    x, y = _images(), np.arange(20) % 3
    np.savez(tmp_path / "x.npz", a=x, labels=y)
    dataset = _open(tmp_path / "x.npz")
    source = dataset.source
    for split in NAMES:
        (shard,) = source.shards[split]
        decoded = [source.format.decode(record) for record in shard.read()]
        np.testing.assert_array_equal([x for x, _ in decoded], dataset.array(split))
        assert [label for _, label in decoded] == shard.labels.tolist()
        place = shard.place_of(1)
        assert place.endswith(f"row {shard.rows[1]}") and "x.npz" in place


def test_data_in_memory_are_neither_encoded_nor_copied():
    dataset = tiny_data.tiny_dataset()
    (shard,) = dataset.source.shards["train"]
    assert np.shares_memory(dataset.array("train"), shard.array)


def test_a_large_selection_is_kept_on_disk_and_not_in_memory(tmp_path, capsys):
    x = _images()
    np.save(tmp_path / "x.npy", x)
    directory = str(tmp_path / "cache")
    opened = [
        open_dataset(
            DataConfig("arrays", str(tmp_path / "x.npy"), cache_dir=cache)
        ).array("train")
        for cache in (None, directory, directory)
    ]
    in_memory, decoded, again = opened
    assert not isinstance(in_memory, np.memmap)
    for array in (decoded, again):
        assert isinstance(array, np.memmap)
        np.testing.assert_array_equal(array, in_memory)
    assert capsys.readouterr().err.count("is kept in") == 1
