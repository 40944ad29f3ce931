"""Scores that continue where they were interrupted are those of one pass."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.evaluation.split_scores import score_split
from smoothing_tf.partial_arrays import PartialArrays

NUM_EXAMPLES, BATCH_SIZE, NUM_DRAWS = 7, 3, 2


def _batches(draw):
    x = np.arange(NUM_EXAMPLES, dtype=np.float32)[:, None]
    for start in range(0, NUM_EXAMPLES, BATCH_SIZE):
        rows = slice(start, start + BATCH_SIZE)
        yield {"index": np.arange(NUM_EXAMPLES)[rows], "x": x[rows] + 10.0 * draw}


def _score(arrays, computed):
    partial = PartialArrays(arrays, False, lambda *_: None, lambda _: None)

    def terms_of(x):
        computed.append(x.shape[0])
        return tf.stack([x[:, 0], -x[:, 0]])

    result = score_split(
        partial, terms_of, _batches, NUM_DRAWS, None, "test", keys=("x",)
    )
    return *result, partial.arrays


def test_terms_are_those_of_each_draw():
    index, terms, _ = _score({}, [])
    np.testing.assert_array_equal(index, np.arange(NUM_EXAMPLES))
    expected = np.arange(NUM_EXAMPLES) + 10.0 * np.arange(NUM_DRAWS)[:, None]
    np.testing.assert_array_equal(terms, np.stack([expected, -expected], axis=1))


@pytest.mark.parametrize("num_done", [0, 3, 6, 7, 10, 13, 14])
def test_every_interruption_gives_the_scores_of_one_pass(num_done):
    whole_computed, computed = [], []
    index, terms, arrays = _score({}, whole_computed)
    before = {name: array[:num_done] for name, array in arrays.items()}
    resumed_index, resumed_terms, _ = _score(before if num_done else {}, computed)
    np.testing.assert_array_equal(resumed_index, index, strict=True)
    np.testing.assert_array_equal(resumed_terms, terms, strict=True)
    # Every batch is full, also the first one after an interruption.
    assert set(computed) <= {BATCH_SIZE}
    starts = (0, 3, 6, 7, 10, 13)
    assert len(computed) == sum(start >= num_done for start in starts)
    assert len(whole_computed) == 6
