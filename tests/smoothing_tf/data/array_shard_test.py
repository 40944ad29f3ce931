"""A split that is an array: what is not sound is found block by block."""

import numpy as np
import pytest

from smoothing_tf.data import array_shard
from smoothing_tf.data.array_shard import ArrayShard
from smoothing_tf.data.record_format import RecordFormat


def _images(num_levels=4, n=23):
    levels = np.random.default_rng(0).integers(0, num_levels, (n, 3, 2, 1))
    record_format = RecordFormat(
        "image", (3, 2, 1), "uint8", num_levels, label="label", num_classes=3
    )
    return levels.astype(np.uint8), np.arange(n) % 3, record_format


@pytest.mark.parametrize("examples_per_block", [1, 5, 100])
def test_every_unsound_example_is_found_with_its_index(monkeypatch, examples_per_block):
    monkeypatch.setattr(array_shard, "_CHUNK_BYTES", 6 * examples_per_block)
    levels, labels, record_format = _images()
    labels[[4, 7]] = 3
    levels[7, 0, 0] = 9
    levels[[5, 20], 2, 1, 0] = (4, 255)
    shard = ArrayShard(levels, record_format, "x", labels=labels)
    expected = [
        (4, "has the label 3 instead of one of 0 to 2"),
        (5, "has the value 4, above the last level 3"),
        (7, "has the label 3 instead of one of 0 to 2"),
        (20, "has the value 255, above the last level 3"),
    ]
    assert shard.check() == expected
    seen = []
    assert shard.decode(lambda x, label: seen.append(label)) == expected
    assert seen == labels.tolist()


def test_the_index_counts_the_selected_rows():
    x = np.zeros((9, 2), np.float32)
    x[6, 1] = np.inf
    record_format = RecordFormat("x", (2,), "float32", None)
    shard = ArrayShard(x, record_format, "x", rows=np.array([8, 6, 0]))
    assert shard.check() == [(1, "has values that are NaN or infinite")]
    assert shard.place_of(1) == "x, row 6"


def test_a_check_takes_a_step_per_block_and_not_per_example(monkeypatch):
    steps = []
    add = ArrayShard._add_unsound_values
    monkeypatch.setattr(
        ArrayShard, "_add_unsound_values", lambda *args: (steps.append(1), add(*args))
    )
    monkeypatch.setattr(
        ArrayShard, "decode", lambda *_: pytest.fail("goes example by example")
    )
    levels, labels, record_format = _images(n=1000)
    assert ArrayShard(levels, record_format, "x", labels=labels).check() == []
    assert len(steps) == 1
