import mmap

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.data import row_reader as row_reader_module
from smoothing_tf.data.row_reader import mapped_file, row_reader

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


def test_rows_are_gathered_from_memory_and_from_a_file(mapped, monkeypatch):
    np.testing.assert_array_equal(_gather(X), X[INDICES])
    np.testing.assert_array_equal(_gather(mapped), X[INDICES])
    np.testing.assert_array_equal(
        _gather(mapped[10:][:, ::-1], INDICES[1:] // 2),
        X[10:][:, ::-1][INDICES[1:] // 2],
    )
    monkeypatch.setattr(row_reader_module, "_MAX_TENSOR_BYTES", 0)
    np.testing.assert_array_equal(_gather(X), X[INDICES])


def test_graphs_do_not_hold_the_array(mapped):
    large = np.zeros([1000, 1000], np.uint8)
    assert _graph_bytes(large) < 10_000
    assert _graph_bytes(mapped) < 10_000


def test_a_mapped_array_is_recognized_through_its_views(mapped, tmp_path):
    assert mapped_file(X) is None
    view = mapped.view(np.ndarray)[3:].reshape(-1, 6)
    assert isinstance(mapped_file(view), mmap.mmap)
    # What was written to private pages would be lost.
    private = np.load(tmp_path / "x.npy", mmap_mode="c")
    private[0] = 255
    read_only = private.view()
    read_only.flags.writeable = False
    assert mapped_file(read_only) is None


def test_pages_of_a_file_are_released_now_and_then(tmp_path, monkeypatch):
    array = np.lib.format.open_memmap(
        tmp_path / "x.npy", mode="w+", dtype=np.uint8, shape=(2000, 16384)
    )
    array[:] = np.arange(2000)[:, None] % 251
    del array
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    limit = 4 << 20
    monkeypatch.setattr(row_reader_module, "_RELEASE_AFTER_BYTES", limit)
    largest = 0
    indices = tf.data.Dataset.range(2000).batch(20).map(row_reader(mapped))
    for number, rows in enumerate(indices.as_numpy_iterator()):
        first = 20 * number + np.arange(20)
        np.testing.assert_array_equal(rows[:, 0], first % 251)
        largest = max(largest, _resident(tmp_path / "x.npy"))
    assert 0 < largest < 4 * limit < mapped.nbytes


def _resident(path) -> int:
    """Bytes of a file's mapping that count as memory of this process."""
    with open("/proc/self/smaps") as file:
        lines = iter(file)
        for line in lines:
            if line.rstrip().endswith(str(path)):
                fields = (next(lines).split() for _ in range(10))
                return next(1024 * int(f[1]) for f in fields if f[0] == "Rss:")
    return 0
