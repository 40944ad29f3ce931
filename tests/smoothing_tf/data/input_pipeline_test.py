"""Tests of batches: scaling, order, noise, resumption, distribution."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.data import input_pipeline
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import evaluation_batches, training_batches
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.smoothing import Gaussian, Laplace, Uniform
from smoothing_tf.smoothing import smoothing as smoothing_module
from tests.testing import tiny_data
from tests.testing.strategies import mirrored

N = tiny_data.NUM_EXAMPLES["train"]


@pytest.fixture(autouse=True)
def several_blocks(monkeypatch):
    """The tiny splits are several blocks of noise, the last one incomplete."""
    monkeypatch.setattr(smoothing_module, "_BLOCK_SIZE", 5)


@pytest.fixture(scope="module")
def dataset():
    return tiny_data.tiny_dataset()


def _take(batches: tf.data.Dataset, count: int) -> list[dict]:
    return list(itertools.islice(batches.as_numpy_iterator(), count))


class _Blocks(Gaussian):
    """A Gaussian without an operation of its own: noise is drawn in blocks."""

    def coordinate_distribution(self, x):
        return super().coordinate_distribution(x)


SMOOTHINGS = (Gaussian(0.3), Laplace(0.3), Uniform(0.3), _Blocks(0.3))


def _train(dataset, count, smoothing=Gaussian(0.3), **kwargs):  # noqa: B008
    kwargs = {"batch_size": 8, "seed": 1, **kwargs}
    return _take(training_batches(dataset, smoothing, **kwargs), count)


def _join(batches: list[dict], key: str) -> np.ndarray:
    return np.concatenate([batch[key] for batch in batches])


def _assert_equal(a: list[dict], b: list[dict]) -> None:
    assert len(a) == len(b)
    for one, other in zip(a, b):
        assert one.keys() == other.keys()
        for key in one:
            np.testing.assert_array_equal(one[key], other[key])


def test_levels_are_scaled_exactly():
    for num_levels in (2, 17, 256):
        levels = np.arange(num_levels, dtype=np.uint8).reshape(-1, 1, 1, 1)
        data = Dataset(source_from_arrays("all", {"test": levels}, num_levels))
        (batch,) = evaluation_batches(data, None, split="test", batch_size=256, seed=0)
        exact = (2.0 * np.arange(num_levels) / (num_levels - 1) - 1.0).astype("f4")
        np.testing.assert_array_equal(batch["x"].numpy().ravel(), exact)
        assert batch["x"].dtype == tf.float32


def test_vectors_are_not_scaled():
    data = tiny_data.tiny_dataset((2,), None)
    batches = evaluation_batches(data, None, split="test", batch_size=4, seed=0)
    x = _join(list(batches.as_numpy_iterator()), "x")
    np.testing.assert_array_equal(x, tiny_data.tiny_arrays((2,), None)["test"])


def test_x_belongs_to_its_index(dataset):
    for batch in _train(dataset, 4):
        levels = np.round((batch["x"] + 1.0) * 1.5)
        np.testing.assert_array_equal(levels, dataset.array("train")[batch["index"]])


def test_an_epoch_is_a_permutation_and_epochs_differ(dataset):
    epochs = _join(_train(dataset, 9), "index").reshape(3, N)
    for epoch in epochs:
        assert sorted(epoch) == list(range(N))
    assert not (epochs[0] == epochs[1]).all()
    assert not (epochs[1] == epochs[2]).all()


def test_no_example_comes_twice_in_an_epoch_that_batches_do_not_fill(dataset):
    batches = _train(dataset, 20, batch_size=7)
    for start in range(0, 18, 3):
        assert len(set(_join(batches[start : start + 3], "index"))) == 21
    # Those left out change, so that every example is used.
    assert set(_join(batches, "index")) == set(range(N))


def _noise_of_examples(batches: list[dict], num_epochs: int) -> np.ndarray:
    """Noise [epoch, example, ...], whatever the order and the batch size."""
    index = _join(batches, "index").reshape(num_epochs, N)
    noise = _join(batches, "x_smoothed") - _join(batches, "x")
    noise = noise.reshape(num_epochs, N, *noise.shape[1:])
    return np.stack([n[np.argsort(i)] for i, n in zip(index, noise)])


@pytest.mark.parametrize("smoothing", SMOOTHINGS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("batch_size", [1, 3, 24])
def test_noise_does_not_depend_on_the_batch_size(dataset, batch_size, smoothing):
    expected = _noise_of_examples(_train(dataset, 6, smoothing), 2)
    batches = _train(dataset, 2 * N // batch_size, smoothing, batch_size=batch_size)
    np.testing.assert_array_equal(_noise_of_examples(batches, 2), expected)


def test_noise_is_fresh_in_every_epoch_for_every_example_and_seed(dataset):
    noise = _noise_of_examples(_train(dataset, 6), 2)
    other = _noise_of_examples(_train(dataset, 6, seed=2), 2)
    values = np.concatenate([noise.ravel(), other.ravel()])
    # float32 noise around float32 data: equal values are coincidences of rounding.
    assert len(np.unique(values)) > 0.99 * len(values)


def test_noise_has_the_moments_of_the_smoothing(dataset):
    noise = _noise_of_examples(_train(dataset, 300), 100)
    num_values = noise.size
    assert abs(noise.mean()) < 5 * 0.3 / np.sqrt(num_values)
    assert abs(noise.std() / 0.3 - 1.0) < 5 / np.sqrt(2 * num_values)
    # Independent between epochs and between the examples, of 16 values each.
    flat = noise.reshape(100, -1)
    for a, b in ((flat[:-1], flat[1:]), (flat[:, :-16], flat[:, 16:])):
        correlation = np.corrcoef(a.ravel(), b.ravel())[0, 1]
        assert abs(correlation) < 5 / np.sqrt(a.size)


@pytest.mark.parametrize("smoothing", [Gaussian(0.3), _Blocks(0.3)])
@pytest.mark.parametrize("start_step", [1, 3, 4, 11])
def test_a_resumed_run_sees_the_same_batches(dataset, start_step, smoothing):
    _assert_equal(
        _train(dataset, 3, smoothing, start_step=start_step, batch_size=7),
        _train(dataset, start_step + 3, smoothing, batch_size=7)[start_step:],
    )


def test_two_runs_are_equal_and_seeds_differ(dataset):
    _assert_equal(_train(dataset, 5), _train(dataset, 5))
    orders = [_join(_train(dataset, 3, seed=s), "index") for s in (1, 2)]
    assert not (orders[0] == orders[1]).all()


def test_clean_data_come_without_noise_in_the_same_order(dataset):
    clean, noised = _train(dataset, 4, smoothing=None), _train(dataset, 4)
    assert set(clean[0]) == {"index", "x"}
    _assert_equal(clean, [{k: b[k] for k in ("index", "x")} for b in noised])


def _evaluate(dataset, batch_size=4, smoothing=Gaussian(0.3), **kwargs):  # noqa: B008
    return list(
        evaluation_batches(
            dataset, smoothing, split="test", batch_size=batch_size, seed=1, **kwargs
        ).as_numpy_iterator()
    )


def test_evaluation_reads_every_example_once_in_stored_order(dataset):
    batches = _evaluate(dataset)
    assert [len(batch["x"]) for batch in batches] == [4, 3]
    np.testing.assert_array_equal(_join(batches, "index"), np.arange(7))


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_evaluation_does_not_depend_on_the_batch_size(dataset, batch_size):
    for key in ("x", "x_smoothed"):
        np.testing.assert_array_equal(
            _join(_evaluate(dataset, batch_size), key),
            _join(_evaluate(dataset), key),
        )


SUBSETS = ([6, 0, 3, 5], [0, 1, 2], [4], [6, 5, 4, 3, 2, 1, 0], [2, 2, 6])


@pytest.mark.parametrize("batch_size", [1, 2, 100])
@pytest.mark.parametrize("indices", SUBSETS)
def test_an_example_keeps_its_noise_in_a_subset(dataset, indices, batch_size):
    everything = _evaluate(dataset, 100, draw=2)[0]
    subset = _evaluate(dataset, batch_size, draw=2, indices=np.array(indices))
    np.testing.assert_array_equal(_join(subset, "index"), indices)
    for key in ("x", "x_smoothed"):
        np.testing.assert_array_equal(_join(subset, key), everything[key][indices])


def test_a_subset_of_a_large_split_draws_the_blocks_it_touches_alone(monkeypatch):
    monkeypatch.setattr(smoothing_module, "_BLOCK_SIZE", 32)
    drawn = []

    class Counted(Gaussian):
        def distribution(self, x):
            tf.py_function(lambda rows: drawn.append(int(rows)), [tf.shape(x)[0]], [])
            return super().distribution(x)

    x = np.random.default_rng(0).normal(size=(6400, 2)).astype(np.float32)
    large = Dataset(source_from_arrays("large", {"test": x}, None))
    indices = np.array([6399, 5, 3000, 6, 3001])
    subset = _evaluate(large, 100, smoothing=Counted(0.3), indices=indices)
    assert drawn == [32] * 3
    everything = _join(_evaluate(large, 1000), "x_smoothed")
    np.testing.assert_array_equal(subset[0]["x_smoothed"], everything[indices])


def test_indices_outside_the_split_are_rejected(dataset):
    with pytest.raises(ValueError, match="`indices` must be from 0 to 6.*got 7"):
        _evaluate(dataset, indices=np.array([0, 7]))
    with pytest.raises(ValueError, match="`indices` must be from 0 to 6.*got -1"):
        _evaluate(dataset, indices=np.array([-1]))
    with pytest.raises(ValueError, match="`indices` must be integers"):
        _evaluate(dataset, indices=np.array([True, False]))
    with pytest.raises(ValueError, match="`indices` must be integers"):
        _evaluate(dataset, indices=np.array([[1]]))


def test_draws_differ_from_each_other_and_from_training(dataset):
    first, second = (_join(_evaluate(dataset, draw=d), "x_smoothed") for d in (0, 1))
    assert not (first == second).any()
    training = _noise_of_examples(_train(dataset, 3), 1)[0, :7]
    evaluation = first - _join(_evaluate(dataset), "x")
    assert not np.isclose(training, evaluation, atol=1e-5).all(axis=(1, 2, 3)).any()


def test_splits_do_not_share_their_noise(dataset):
    noise = []
    for split in ("validation", "test"):
        batches = evaluation_batches(
            dataset, Gaussian(0.3), split=split, batch_size=6, seed=1
        )
        batch = next(batches.as_numpy_iterator())
        noise.append(batch["x_smoothed"] - batch["x"])
    assert not np.isclose(*noise, atol=1e-5).all(axis=(1, 2, 3)).any()


def test_batches_hold_labels_on_request(dataset):
    labels = dataset.labels("train")
    for batch in _train(dataset, 4, with_labels=True):
        assert batch["label"].dtype == np.int32
        np.testing.assert_array_equal(batch["label"], labels[batch["index"]])
    indices = np.array([6, 0, 3])
    batches = _evaluate(dataset, 2, indices=indices, with_labels=True)
    np.testing.assert_array_equal(
        _join(batches, "label"), dataset.labels("test")[indices]
    )
    # Nothing else changes.
    for batch, other in zip(batches, _evaluate(dataset, 2, indices=indices)):
        del batch["label"]
        _assert_equal([batch], [other])


def test_labels_of_data_without_any_are_refused():
    data = Dataset(source_from_arrays("plain", tiny_data.tiny_arrays(), 4))
    with pytest.raises(ValueError, match="'plain' has no labels"):
        training_batches(data, None, batch_size=2, seed=0, with_labels=True)
    with pytest.raises(ValueError, match="'plain' has no labels"):
        _evaluate(data, with_labels=True)
    with pytest.raises(ValueError, match=r"`labels` must be one integer per.*got \[3"):
        input_pipeline.array_batches(
            *(data.array("test"), 4, None),
            split="test",
            batch_size=2,
            seed=0,
            labels=np.zeros(3, int),
        )


def test_training_batches_have_static_shapes(dataset):
    spec = training_batches(dataset, Gaussian(0.3), batch_size=8, seed=0).element_spec
    assert spec["x"].shape == spec["x_smoothed"].shape == (8, 4, 4, 1)
    assert spec["index"].shape == (8,)


def test_replicas_share_the_batch_of_one_device(dataset):
    strategy = mirrored()
    batches = training_batches(dataset, Gaussian(0.3), batch_size=8, seed=1)
    expected = _train(dataset, 5)
    distributed = iter(strategy.experimental_distribute_dataset(batches))
    for batch in expected:
        parts = next(distributed)
        for key, value in batch.items():
            replicas = strategy.experimental_local_results(parts[key])
            assert [len(replica) for replica in replicas] == [4, 4]
            np.testing.assert_array_equal(tf.concat(replicas, axis=0), value)


@pytest.fixture
def mapped(dataset, tmp_path):
    """The same data, mapped from files."""
    mapped = Dataset(dataset.source)
    for split in dataset.num_examples:
        arrays = []
        for name in ("array", "labels"):
            path = tmp_path / f"{split}-{name}.npy"
            np.save(path, getattr(dataset, name)(split))
            arrays.append(np.load(path, mmap_mode="r"))
        mapped._splits[split] = tuple(arrays)
    return mapped


@pytest.mark.parametrize("start_step", [0, 7])
def test_batches_of_mapped_data_are_those_of_data_in_memory(
    dataset, mapped, start_step
):
    arguments = {"start_step": start_step, "batch_size": 7, "with_labels": True}
    expected = _train(dataset, 8, **arguments)
    _assert_equal(_train(mapped, 8, **arguments), expected)
    shapes = [
        training_batches(data, Gaussian(0.3), batch_size=8, seed=1).element_spec
        for data in (dataset, mapped)
    ]
    assert shapes[0] == shapes[1]
    indices = np.array([6, 0, 3])
    _assert_equal(
        _evaluate(mapped, 2, indices=indices, with_labels=True),
        _evaluate(dataset, 2, indices=indices, with_labels=True),
    )


def test_replicas_share_the_batches_of_mapped_data(dataset, mapped):
    strategy = mirrored()
    batches = training_batches(mapped, Gaussian(0.3), batch_size=8, seed=1)
    distributed = iter(strategy.experimental_distribute_dataset(batches))
    for batch in _train(dataset, 4):
        parts = next(distributed)
        for key, value in batch.items():
            replicas = strategy.experimental_local_results(parts[key])
            np.testing.assert_array_equal(tf.concat(replicas, axis=0), value)


def test_the_order_of_batches_is_that_of_earlier_versions():
    x = np.zeros([1000, 1], np.float32)
    data = Dataset(source_from_arrays("order", {"train": x}, None))
    batches = training_batches(data, None, batch_size=100, seed=5, start_step=13)
    # Computed by the version before permutations became int32.
    expected = [604, 929, 950, 251, 954, 544, 760, 135]
    batch = next(batches.as_numpy_iterator())
    assert batch["index"].dtype == np.int64
    np.testing.assert_array_equal(batch["index"][:8], expected)


@pytest.mark.parametrize("batch_size", [0, -1, N + 1])
def test_a_batch_size_that_the_split_cannot_give_is_refused(dataset, batch_size):
    with pytest.raises(ValueError, match="`batch_size` must be between 1 and 24.*got"):
        training_batches(dataset, None, batch_size=batch_size, seed=0)


def test_wrong_arguments_are_refused(dataset):
    with pytest.raises(ValueError, match="`start_step` must be at least 0; got -1"):
        training_batches(dataset, None, batch_size=1, seed=0, start_step=-1)
    with pytest.raises(ValueError, match="`batch_size` must be at least 1; got 0"):
        evaluation_batches(dataset, None, split="test", batch_size=0, seed=0)
    with pytest.raises(ValueError, match="`split` must be one of"):
        evaluation_batches(dataset, None, split="dev", batch_size=1, seed=0)
