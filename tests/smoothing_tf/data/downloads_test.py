"""Without a network, prepared data sets of TFDS are read, and missing ones named."""

import pickle

import numpy as np
import pytest
import tensorflow_datasets as tfds

from smoothing_tf.data import datasets
from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.downloads import hold_out
from smoothing_tf.data.source import source_from_directory
from tests.testing import tiny_data


def prepare(monkeypatch, name, data_dir, num_train, num_test, shape):
    """Makes TFDS write a data set of images that count up from 0."""

    def examples(number):
        for index in range(number):
            image = np.full(shape, index % 256, np.uint8)
            fields = {"image": image, "label": index % 10}
            yield index, fields | ({"id": str(index)} if name == "cifar10" else {})

    def split_generators(self, dl_manager):
        return {"train": examples(num_train), "test": examples(num_test)}

    with monkeypatch.context() as context:
        builder = tfds.builder_cls(name)
        context.setattr(builder, "_split_generators", split_generators)
        tfds.disable_progress_bar()
        builder(data_dir=data_dir).download_and_prepare()


@pytest.mark.parametrize(
    "name, shape, num_validation",
    [("mnist", (28, 28, 1), None), ("cifar10", (32, 32, 3), 40)],
)
def test_the_last_training_images_are_for_validation(
    name, shape, num_validation, tmp_path, monkeypatch
):
    if num_validation is None:
        num_validation = 5_000
    else:
        # Fewer than in the real data set, to save time.
        monkeypatch.setattr(datasets, "_NUM_VALIDATION", num_validation)
    total = num_validation + 10
    prepare(monkeypatch, name, tmp_path, total, 3, shape)
    dataset = open_dataset(DataConfig(name, str(tmp_path)))
    assert dataset.event_shape == shape and dataset.num_levels == 256
    assert dataset.num_examples == {
        "train": 10,
        "validation": num_validation,
        "test": 3,
    }
    # TFDS stores its own order: together the splits hold what was written.
    stored = np.concatenate([dataset.array(s) for s in ("train", "validation")])
    counts = np.bincount(stored[:, 0, 0, 0], minlength=256)
    np.testing.assert_array_equal(
        counts, np.bincount(np.arange(total) % 256, minlength=256)
    )
    assert set(dataset.labels("validation")) == set(range(10))


@pytest.mark.parametrize("name, of_tfds", [("mnist", "mnist"), ("celeba", "celeb_a")])
def test_without_a_network_the_error_says_what_to_do(
    name, of_tfds, tmp_path, monkeypatch
):
    def fail(self, *args, **kwargs):
        raise ConnectionError("no network\nfor three reasons")

    monkeypatch.setattr(tfds.builder_cls(of_tfds), "_split_generators", fail)
    with pytest.raises(OSError) as error:
        open_dataset(DataConfig(name, str(tmp_path)))
    message = str(error.value)
    assert f"{of_tfds!r} is not in {tmp_path / of_tfds}" in message
    assert f'tfds.builder("{of_tfds}", data_dir="DIR")' in message
    assert "no network. On a machine" in message and "--data_dir" in message
    assert "\n" not in message


def test_a_validation_split_is_cut_at_any_place(tmp_path):
    whole = source_from_directory(tiny_data.tiny_directory(tmp_path))
    images = Dataset(whole).array("train")
    (shard,) = whole.shards["train"]
    for number in (1, 23):
        source = pickle.loads(pickle.dumps(hold_out(whole, number)))
        dataset = Dataset(source)
        np.testing.assert_array_equal(dataset.array("train"), images[:-number])
        np.testing.assert_array_equal(dataset.array("validation"), images[-number:])
        (part,) = source.shards["validation"]
        assert part.place_of(0) == shard.place_of(24 - number)
    with pytest.raises(ValueError, match="must hold more than 24 .* it has 24"):
        hold_out(whole, 24)
