"""Without a network, prepared data sets of TFDS are read, and missing ones named."""

import io
import pickle
import ssl
import sys
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.checksums import compute_url_info

from smoothing_tf.data import datasets, downloads
from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.downloads import hold_out
from smoothing_tf.data.source import source_from_directory
from tests.testing import tiny_data
from tests.testing.idx_files import write_idx_files


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
    monkeypatch.setattr(urllib.request, "urlopen", _Server())
    with pytest.raises(OSError) as error:
        open_dataset(DataConfig(name, str(tmp_path)))
    message = str(error.value)
    assert f"{of_tfds!r} is not in {tmp_path / of_tfds}" in message
    assert f'tfds.builder("{of_tfds}", data_dir="DIR")' in message
    assert "no network. On a machine" in message and "--data_dir" in message
    assert "\n" not in message


class _Server:
    """Stands for `urlopen`: answers every request, or raises an error.

    Attributes:
      urls: what was asked for.
    """

    def __init__(self, error: Exception | None = None):
        self._error = error
        self.urls = []

    def __call__(self, request, timeout):
        assert request.method == "HEAD" and timeout <= 10
        self.urls.append(request.full_url)
        if self._error is not None:
            raise self._error
        return io.BytesIO()


def test_an_unreachable_network_is_reported_before_tfds_tries(tmp_path, monkeypatch):
    def fail(self, *args, **kwargs):
        raise AssertionError("TFDS must not be asked.")

    server = _Server(urllib.error.URLError("Temporary failure in name resolution"))
    monkeypatch.setattr(urllib.request, "urlopen", server)
    monkeypatch.setattr(tfds.builder_cls("mnist"), "_split_generators", fail)
    with pytest.raises(OSError) as error:
        open_dataset(DataConfig("tfds:mnist", str(tmp_path)))
    assert len(server.urls) == 1
    message = str(error.value)
    assert "storage.googleapis.com cannot be reached (Temporary failure in n" in message
    assert f"put its archives into {tmp_path / 'downloads' / 'manual'}: " in message
    assert "train-images-idx3-ubyte.gz (https://storage" in message
    assert "\n" not in message


def test_a_name_server_that_hangs_does_not_keep_us_waiting(tmp_path, monkeypatch):
    release = threading.Event()

    def hang(request, timeout):
        release.wait(30)
        return io.BytesIO()

    monkeypatch.setattr(urllib.request, "urlopen", hang)
    monkeypatch.setattr(downloads, "_TIMEOUT_SECONDS", 0.1)
    with pytest.raises(OSError, match="be reached .no answer in 0.1 seconds"):
        open_dataset(DataConfig("tfds:mnist", str(tmp_path)))
    release.set()


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.HTTPError("https://h/f", 403, "Forbidden", {}, None),
        urllib.error.URLError(ssl.SSLError("unknown certificate")),
    ],
)
def test_a_server_that_answers_is_left_to_tfds(error, tmp_path, monkeypatch):
    def fail(self, *args, **kwargs):
        raise ConnectionError("asked by TFDS")

    monkeypatch.setattr(urllib.request, "urlopen", _Server(error))
    monkeypatch.setattr(tfds.builder_cls("mnist"), "_split_generators", fail)
    with pytest.raises(OSError, match="asked by TFDS"):
        open_dataset(DataConfig("tfds:mnist", str(tmp_path)))


def test_archives_in_the_named_directory_are_used_without_a_network(
    tmp_path, monkeypatch
):
    written = write_idx_files(tmp_path / "downloads" / "manual", 60, 8, (28, 28))
    server = _Server(urllib.error.URLError("no network"))
    monkeypatch.setattr(urllib.request, "urlopen", server)
    mnist = tfds.builder_cls("mnist")
    module = sys.modules[mnist.__module__]
    monkeypatch.setattr(module, "_TRAIN_EXAMPLES", 60)
    monkeypatch.setattr(module, "_TEST_EXAMPLES", 8)
    # The real archives have other sums.
    known = {url: compute_url_info(tmp_path / "downloads" / "manual" / info.filename)
             for url, info in mnist.url_infos.items()}  # fmt: skip
    monkeypatch.setattr(mnist, "url_infos", known)
    dataset = open_dataset(DataConfig("tfds:mnist", str(tmp_path)))
    assert not server.urls
    assert dataset.num_examples == {"test": 8, "train": 54, "validation": 6}
    stored = np.concatenate([dataset.array(s) for s in ("train", "validation")])
    images = written["train"][0]
    assert sorted(x.tobytes() for x in stored) == sorted(x.tobytes() for x in images)
    # Which rows are held out does not depend on anything but their number.
    again = open_dataset(DataConfig("tfds:mnist:3.0.1", str(tmp_path)))
    np.testing.assert_array_equal(
        again.array("validation"), dataset.array("validation")
    )


@pytest.mark.parametrize(
    "name, problem",
    [
        ("tfds:mnits", "there is no 'mnits'. Did you mean mnist"),
        ("tfds:emnist/letterz", "got 'emnist/letterz': "),
        ("tfds:mnist:9.9.9", "got 'mnist:9.9.9': "),
    ],
)
def test_an_unknown_data_set_of_tfds_is_named(name, problem, tmp_path):
    with pytest.raises(ValueError) as error:
        open_dataset(DataConfig(name, str(tmp_path)))
    message = str(error.value)
    assert problem in message and "\n" not in message


@pytest.mark.parametrize("name", ["tfds:", "tfds:a b", "tfds:mnist:three", "tfds:/x"])
def test_a_name_of_another_form_is_refused(name):
    with pytest.raises(ValueError, match="must have the form tfds:NAME"):
        DataConfig(name)


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
