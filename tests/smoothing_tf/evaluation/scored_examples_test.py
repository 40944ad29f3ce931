"""The digest says whether two evaluations scored the same examples."""

import numpy as np

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.evaluation.scored_examples import digest_scored


def _dataset(test, num_levels=4):
    arrays = {"train": np.zeros((3, 4, 4, 1), np.uint8), "test": test}
    return Dataset(source_from_arrays("tiny", arrays, num_levels))


def test_values_levels_and_number_count_but_not_how_they_are_stored():
    test = np.arange(160, dtype=np.uint8).reshape(10, 4, 4, 1) % 4
    digest = digest_scored(_dataset(test), "test", None)
    assert digest == digest_scored(_dataset(test.copy()), "test", 10)
    assert digest != digest_scored(_dataset(test), "test", 5)
    assert digest != digest_scored(_dataset(test, 5), "test", None)
    test[0, 0, 0] ^= 1
    assert digest != digest_scored(_dataset(test), "test", None)
