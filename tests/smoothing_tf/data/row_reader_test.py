import os

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.data import row_reader as row_reader_module
from smoothing_tf.data.row_reader import row_reader

X = np.arange(40 * 6, dtype=np.uint8).reshape(40, 2, 3)
INDICES = np.array([39, 0, 7, 7, 21])


@pytest.fixture
def mapped(tmp_path):
    np.save(tmp_path / "x.npy", X)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


def _gather(array, indices=INDICES):
    read = row_reader(array)
    dataset = tf.data.Dataset.from_tensors(indices).map(read)
    assert dataset.element_spec.shape == (len(indices), *array.shape[1:])
    assert dataset.element_spec.dtype == array.dtype
    return next(dataset.as_numpy_iterator())


def _graph_bytes(array) -> int:
    read = row_reader(array)
    spec = tf.TensorSpec([5], tf.int64)
    graph = tf.function(read).get_concrete_function(spec).graph
    return graph.as_graph_def().ByteSize()


def test_rows_of_arrays_in_memory_are_gathered(monkeypatch):
    np.testing.assert_array_equal(_gather(X), X[INDICES])
    monkeypatch.setattr(row_reader_module, "_MAX_TENSOR_BYTES", 0)
    np.testing.assert_array_equal(_gather(X), X[INDICES])
    np.testing.assert_array_equal(_gather(X[:0], INDICES[:0]), X[:0])


VIEWS = {
    "whole": lambda x: x,
    "plain": lambda x: x.view(np.ndarray),
    "a part": lambda x: x[3:25],
    "another shape": lambda x: x.view(np.ndarray)[3:25].reshape(22, 6),
    "without an axis": lambda x: x[:, 0, 0][:22],
    "reversed": lambda x: x[:, ::-1],
    "another order of axes": lambda x: x.transpose(0, 2, 1),
}


@pytest.mark.parametrize("view", VIEWS)
def test_rows_of_mapped_arrays_are_read(mapped, view):
    array = VIEWS[view](mapped)
    indices = INDICES % len(array)
    np.testing.assert_array_equal(_gather(array, indices), np.array(array)[indices])
    np.testing.assert_array_equal(_gather(array, INDICES[:0]), np.array(array)[:0])


def test_an_array_that_follows_a_header_or_another_array_is_read(tmp_path):
    rows = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    content = b"\0" * 5000 + rows.tobytes()
    (tmp_path / "x").write_bytes(content)
    mapped = np.memmap(tmp_path / "x", np.float32, "r", offset=5000, shape=(50, 3))
    np.testing.assert_array_equal(_gather(mapped), rows[INDICES])


def test_graphs_do_not_hold_the_array(mapped):
    large = np.zeros([1000, 1000], np.uint8)
    assert _graph_bytes(large) < 10_000
    assert _graph_bytes(mapped) < 10_000


def test_pages_of_a_file_that_were_read_do_not_count_as_memory(tmp_path):
    path = tmp_path / "x.npy"
    array = np.lib.format.open_memmap(path, "w+", np.uint8, (1000, 16384))
    array[:] = np.arange(1000)[:, None] % 251
    del array
    mapped = np.load(path, mmap_mode="r")
    batches = tf.data.Dataset.range(1000).batch(20).map(row_reader(mapped))
    for number, rows in enumerate(batches.as_numpy_iterator()):
        np.testing.assert_array_equal(rows[:, 0], (20 * number + np.arange(20)) % 251)
    assert _resident(path) < mapped.nbytes / 4
    np.max(mapped)
    assert _resident(path) > mapped.nbytes / 2


def _resident(path) -> int:
    """Bytes of a file's mapping that count as memory of this process."""
    with open("/proc/self/smaps") as file:
        lines = iter(file)
        for line in lines:
            if line.rstrip().endswith(str(path)):
                fields = (next(lines).split() for _ in range(10))
                return next(1024 * int(f[1]) for f in fields if f[0] == "Rss:")
    return 0


def test_a_file_that_was_replaced_is_not_read(mapped, tmp_path):
    np.save(tmp_path / "other.npy", 255 - X)
    os.replace(tmp_path / "other.npy", tmp_path / "x.npy")
    np.testing.assert_array_equal(_gather(mapped), X[INDICES])


def test_a_file_may_be_removed_while_it_is_used(mapped, tmp_path):
    dataset = tf.data.Dataset.from_tensors(INDICES).map(row_reader(mapped))
    os.unlink(tmp_path / "x.npy")
    rows = next(dataset.as_numpy_iterator())
    np.testing.assert_array_equal(rows, X[INDICES])


def test_a_file_that_is_cut_is_an_error(mapped, tmp_path):
    dataset = tf.data.Dataset.from_tensors(INDICES).map(row_reader(mapped))
    os.truncate(tmp_path / "x.npy", 200)
    with pytest.raises(tf.errors.OpError, match="became shorter while it was used"):
        next(dataset.as_numpy_iterator())


def test_what_was_written_to_private_pages_is_gathered(mapped, tmp_path):
    private = np.load(tmp_path / "x.npy", mmap_mode="c")
    private[0] = 255
    read_only = private.view()
    read_only.flags.writeable = False
    for array in (private, read_only):
        np.testing.assert_array_equal(_gather(array)[1], np.full([2, 3], 255))
