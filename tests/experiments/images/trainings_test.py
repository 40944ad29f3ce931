"""Means over trainings, whose errors include the spread over trainings."""

import math
import pathlib

import numpy as np
import pytest

from experiments.images import trainings
from smoothing_tf.config import parse

FLAGS = ["--dataset=digits", "--model=made"]


def test_the_first_training_is_that_of_a_single_one_and_others_have_other_seeds():
    directory = pathlib.Path("a") / "workdir"
    found = list(trainings.seeded([*FLAGS, "--seed=4"], directory, 3))
    assert found[0] == ([*FLAGS, "--seed=4"], directory)
    assert [parse(flags).seed for flags, _ in found] == [4, 5, 6]
    names = ["workdir", "workdir-seed5", "workdir-seed6"]
    assert [path for _, path in found] == [pathlib.Path("a") / name for name in names]


def test_errors_cover_images_and_trainings():
    rng = np.random.default_rng(0)
    images = rng.normal(size=400)
    one = trainings.average_images([images])
    assert one.error == pytest.approx(images.std(ddof=1) / 20) and one.n == 400
    # Trainings that differ by constants: the two variances add up.
    shifts = np.array([0.3, -0.5, 0.1])
    several = trainings.average_images([images + shift for shift in shifts])
    spread = shifts.std(ddof=1) / math.sqrt(3)
    assert several.error == pytest.approx(math.hypot(one.error, spread))
    assert several.value == pytest.approx(images.mean() + shifts.mean())
    # Without any spread nothing is added.
    assert trainings.average_images([images] * 3).error == pytest.approx(one.error)
    assert trainings.average([2.0, 2.0], [0.3, 0.4]).error == pytest.approx(
        math.sqrt((0.09 + 0.16) / 2)
    )
    assert trainings.average(shifts, [0.0] * 3).error == pytest.approx(spread)
    assert trainings.average([2.0], [0.3]).error == 0.3


def test_the_sentence_about_errors_says_whether_they_include_the_spread():
    assert "leave out" in trainings.describe_errors(1)
    assert "3 trainings" in trainings.describe_errors(3)
    assert "include" in trainings.describe_errors(3)
