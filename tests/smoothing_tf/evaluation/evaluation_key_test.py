"""Whatever changes a result changes the key of an evaluation, and nothing else does."""

import dataclasses

import numpy as np
import pytest

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.evaluation_key import evaluation_key
from smoothing_tf.smoothing import Gaussian
from tests.testing.tiny_data import tiny_arrays, tiny_dataset
from tests.testing.tiny_models import tiny_trained

SHAPE = (4, 4, 1)


def _key(**changes):
    arguments = {
        "trained": tiny_trained(SHAPE, num_levels=4),
        "dataset": tiny_dataset(SHAPE, 4),
        "samples": None,
        "config": EvaluationConfig(),
        "flags_text": "--seed=3",
        "seed": 3,
    }
    return evaluation_key(**(arguments | changes))


@pytest.fixture(scope="module")
def key():
    return _key()


def test_the_same_evaluation_has_the_same_key(key):
    assert _key() == key
    assert len(key) == 64


def _dataset(**changes):
    arrays = tiny_arrays(SHAPE, 4)
    labels = {split: np.arange(len(x)) % 3 for split, x in arrays.items()}
    return Dataset(source_from_arrays("tiny", arrays | changes, 4, labels))


def _trained(change):
    trained = tiny_trained(SHAPE, num_levels=4)
    return change(trained) or trained


def test_every_input_changes_the_key(key):
    assert _key(dataset=_dataset()) == key
    arrays = tiny_arrays(SHAPE, 4)
    train, test = arrays["train"].copy(), arrays["test"].copy()
    train[-1, 3, 3, 0] ^= 1
    test[-1, 3, 3, 0] ^= 1
    samples = {"samples": np.zeros((3, *SHAPE), np.uint8)}
    changes = [
        {"seed": 4},
        {"flags_text": "--seed=4"},
        {"config": EvaluationConfig(num_draws=2)},
        {"samples": samples},
        {"samples": {"baseline": samples["samples"]}},
        {"dataset": _dataset(train=train)},
        {"dataset": _dataset(test=test)},
        {"trained": _trained(lambda t: t.reverse.gain.assign(0.5) and None)},
        {"trained": _trained(lambda t: dataclasses.replace(t, reverse=None))},
        {
            "trained": _trained(
                lambda t: dataclasses.replace(t, smoothing=Gaussian(0.31))
            )
        },
    ]
    keys = [_key(**change) for change in changes]
    assert len({key, *keys}) == len(changes) + 1


def test_examples_that_are_not_scored_do_not_count():
    arrays = tiny_arrays(SHAPE, 4)
    validation = arrays["validation"] ^ 1
    assert _key(dataset=_dataset(validation=validation)) == _key()
    # The three test images of the subset; the others may be any.
    config = EvaluationConfig(max_examples=3)
    keys = []
    for index in range(len(arrays["test"])):
        test = arrays["test"].copy()
        test[index] ^= 1
        keys.append(_key(dataset=_dataset(test=test), config=config))
    assert sum(other != _key(config=config) for other in keys) == 3
