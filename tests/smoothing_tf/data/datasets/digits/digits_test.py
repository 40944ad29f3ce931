"""Tests of the handwritten digits."""

import hashlib

import numpy as np
import pytest
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

from smoothing_tf.data.dataset import DataConfig, open_dataset

DIGESTS = {
    "train": "b9aacca9e32023fbf923c7427ebfccb9cd62c914a4ae5c365342caa4e4307f0a",
    "validation": "840c18d6bdf481f92ea8ba8eb1cca6ad33981b0c6dfc58f4f311ec684c2989e3",
    "test": "c484340f9a70fa3f87550a711586be6f0c45b55243ab16d539ceec4ce6cc5f54",
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def digits(data_dir):
    return open_dataset(DataConfig("digits", data_dir))


def test_sizes_and_levels(digits):
    assert digits.name == "digits"
    assert digits.event_shape == (8, 8, 1)
    assert digits.num_levels == 17
    assert digits.num_examples == {"train": 1347, "validation": 150, "test": 300}
    assert digits.array("train").min() == 0
    assert digits.array("train").max() == 16


def test_splits_hold_every_image_once(digits):
    splits = [digits.array(split) for split in digits.num_examples]
    ours = np.concatenate(splits)[..., 0]
    original = load_digits().images.astype(np.uint8)
    assert sorted(x.tobytes() for x in ours) == sorted(x.tobytes() for x in original)


def test_labels_belong_to_their_images(digits):
    original = load_digits()
    label_of = {
        image.astype(np.uint8).tobytes(): label
        for image, label in zip(original.images, original.target)
    }
    expected = [label_of[x.tobytes()] for x in digits.array("test")]
    np.testing.assert_array_equal(digits.labels("test"), expected)


def test_every_split_has_all_classes(digits):
    for split in digits.num_examples:
        assert set(digits.labels(split)) == set(range(10))


def test_splits_never_change(digits):
    # Published numbers refer to these images, whatever the version of TFDS.
    for split, digest in DIGESTS.items():
        images = sorted(x.tobytes() for x in digits.array(split))
        assert hashlib.sha256(b"".join(images)).hexdigest() == digest


def test_tfds_opens_the_prepared_directory(digits, data_dir):
    builder = tfds.builder_from_directory(f"{data_dir}/digits/1.0.0")
    assert builder.name == "digits"
    assert builder.info.metadata["num_levels"] == 17
    reopened = open_dataset(DataConfig("directory", str(builder.data_dir)))
    assert reopened.num_levels == 17
    np.testing.assert_array_equal(reopened.array("test"), digits.array("test"))
    stored = builder.as_dataset(split="test").as_numpy_iterator()
    np.testing.assert_array_equal(
        [example["image"] for example in stored], digits.array("test")
    )
