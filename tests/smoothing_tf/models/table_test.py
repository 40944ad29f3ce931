"""Every entry of the tables of models and heads can be built."""

import dataclasses

from smoothing_tf.models.head_setting import HEADS
from smoothing_tf.models.table import MODELS


def test_every_model_has_a_builder_and_a_dataclass_of_its_own():
    for entry in MODELS.values():
        assert callable(entry.model)
        assert dataclasses.is_dataclass(entry.config)
    assert len({entry.config for entry in MODELS.values()}) == len(MODELS)


def test_every_head_has_a_function():
    assert all(map(callable, HEADS.values()))
