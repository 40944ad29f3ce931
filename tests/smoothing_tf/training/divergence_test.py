"""Judging losses, and the resulting advice."""

import math

import pytest

from smoothing_tf.training.divergence import Divergence
from smoothing_tf.training.training_config import TrainingConfig


def make(first_nats=None, num_dims=64, **settings):
    divergence = Divergence("reverse", TrainingConfig(**settings), num_dims)
    divergence.first_nats = first_nats
    return divergence


@pytest.mark.parametrize(
    "first, nats, norm, is_diverged",
    [
        (90.0, 80.0, 1.0, False),
        (90.0, 150.0, 1e6, False),
        (90.0, 1e9, 1.0, True),
        (-3.0, 50.0, 1.0, False),
        (-3.0, 70.0, 1.0, True),
        (None, 1e9, 1.0, False),
        (None, math.nan, 1.0, True),
        (90.0, 80.0, math.inf, True),
    ],
)
def test_a_loss_is_judged_by_the_first_one(first, nats, norm, is_diverged):
    assert make(first).is_diverged(nats, norm) == is_diverged


@pytest.mark.parametrize(
    "settings, advised, clips",
    [
        (dict(learning_rate=1e19), "0.0002", False),
        (dict(learning_rate=2e-4), "2e-05", True),
        (dict(learning_rate=2e-4, clip_norm=1.0), "2e-05", False),
        (dict(learning_rate=0.005), "0.0002", True),
    ],
)
def test_the_advice_is_a_lower_rate_and_clipping_where_it_helps(
    settings, advised, clips
):
    message = make(**settings).message(7, "the loss is nan", 1.5, "starts over")
    assert f" --reverse_learning_rate={advised} " in message
    assert ("--reverse_clip_norm=1" in message) == clips
    # A flag of all stages has no effect next to one of the stage.
    assert " --learning_rate" not in message and " --clip_norm" not in message
    assert "at step 7: the loss is nan" in message and "1.5 nats" in message
