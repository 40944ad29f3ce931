"""Fashion-MNIST is found in the documented order, from tiny files of the tests' own."""

import struct
import urllib.error
import urllib.request

import numpy as np
import pytest
from PIL import Image

from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.datasets.fashion_mnist import fashion_mnist
from smoothing_tf.data.input_pipeline import evaluation_batches
from smoothing_tf.data.splits import hold_out_rows
from smoothing_tf.smoothing import Gaussian
from tests.testing.idx_files import write_idx_files

NUM_TRAIN, NUM_TEST = 30, 7


def write_files(directory, suffix=".gz", seed=0):
    """Writes the four IDX files of 5x6 images; returns images and labels by split."""
    return write_idx_files(
        directory, NUM_TRAIN, NUM_TEST, (5, 6), suffix=suffix, seed=seed
    )


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A directory that takes the place of those of the system."""
    directory = tmp_path / "prefix" / "share" / "datasets" / "fashion-mnist"
    monkeypatch.setattr(fashion_mnist, "system_directories", lambda: (directory,))
    return directory


def _open(data_dir=None):
    return open_dataset(DataConfig("fashion_mnist", data_dir and str(data_dir)))


@pytest.mark.parametrize("suffix", [".gz", ""])
def test_the_images_and_classes_are_those_of_the_files(tmp_path, system, suffix):
    written = write_files(system, suffix)
    dataset = _open()
    assert dataset.num_examples == {"train": 27, "validation": 3, "test": 7}
    assert (dataset.event_shape, dataset.num_levels) == ((5, 6, 1), 256)
    assert dataset.source.class_names[9] == "Ankle boot"
    train, validation = hold_out_rows(NUM_TRAIN, 3)
    for split, stored, rows in (
        ("train", "train", train),
        ("validation", "train", validation),
        ("test", "test", np.arange(NUM_TEST)),
    ):
        images, labels = written[stored]
        np.testing.assert_array_equal(dataset.array(split)[..., 0], images[rows])
        np.testing.assert_array_equal(dataset.labels(split), labels[rows])


def test_a_folder_and_a_file_of_arrays_give_the_same_batches(tmp_path, system):
    write_files(system)
    of_idx = _open()
    arrays = {split: of_idx.array(split) for split in of_idx.num_examples}
    labels = {f"{split}_labels": of_idx.labels(split) for split in arrays}
    np.savez(tmp_path / "x.npz", **arrays, **labels)
    for split, images in arrays.items():
        (tmp_path / "folder" / split).mkdir(parents=True)
        for i, image in enumerate(images):
            picture = Image.fromarray(image[..., 0])
            picture.save(tmp_path / "folder" / split / f"{i:03d}.png")
    others = [
        open_dataset(DataConfig("arrays", str(tmp_path / "x.npz"))),
        open_dataset(DataConfig("folder", str(tmp_path / "folder"))),
    ]

    def noised(dataset):
        batches = evaluation_batches(
            dataset, Gaussian(0.3), split="test", batch_size=NUM_TEST, seed=0
        )
        return next(iter(batches))["x_smoothed"]

    for other in others:
        for split, images in arrays.items():
            np.testing.assert_array_equal(other.array(split), images)
        # The bound of a model depends on its data in no other way.
        np.testing.assert_array_equal(noised(other), noised(of_idx))
    np.testing.assert_array_equal(others[0].labels("train"), of_idx.labels("train"))


def test_a_named_directory_with_files_comes_first(tmp_path, system, capsys):
    write_files(system, seed=1)
    mine = write_files(tmp_path / "mine", seed=2)["test"][0]
    np.testing.assert_array_equal(_open(tmp_path / "mine").array("test")[..., 0], mine)
    assert capsys.readouterr().err == ""


def test_a_named_directory_without_files_is_not_passed_over_in_silence(
    tmp_path, system, capsys
):
    write_files(system)
    _open(tmp_path)
    expected = f"{tmp_path} has no IDX files; reading those in {system}.\n"
    assert capsys.readouterr().err == expected


def test_all_places_are_named_where_none_has_the_files(tmp_path, system, monkeypatch):
    def fail(request, timeout):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", fail)
    with pytest.raises(OSError) as error:
        _open(tmp_path)
    message = str(error.value)
    assert "Debian's package dataset-fashion-mnist" in message
    assert "/usr/share/datasets/fashion-mnist" in message
    assert "train-images-idx3-ubyte" in message and "--data_dir" in message
    assert "TensorFlow Datasets" in message and "cannot be reached" in message
    assert "\n" not in message


def test_missing_and_unfitting_files_are_named(tmp_path, system):
    write_files(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(ValueError, match="it lacks t10k-labels-idx1-ubyte .with or"):
        _open(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(
        (tmp_path / "train-labels-idx1-ubyte.gz").read_bytes()
    )
    with pytest.raises(ValueError, match="as many labels as images, .* got 30 labels"):
        _open(tmp_path)
    labels = np.full(NUM_TEST, 10, np.uint8)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(
        struct.pack(">HBBI", 0, 8, 1, NUM_TEST) + labels.tobytes()
    )
    with pytest.raises(ValueError, match="labels from 0 to 9; got 10"):
        _open(tmp_path)


def test_the_package_is_looked_for_below_usr():
    directories = fashion_mnist.system_directories()
    assert "/usr/share/datasets/fashion-mnist" in map(str, directories)
