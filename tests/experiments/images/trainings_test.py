"""Means over trainings, whose errors include the spread over trainings."""

import math
import pathlib

import numpy as np
import pytest

from experiments.images import trainings
from smoothing_tf.config import parse
from smoothing_tf.evaluation.frechet import FrechetJackknife

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


def test_errors_of_means_of_independent_samples():
    average = trainings.average
    assert average([2.0], [0.3], [0.1]).error == pytest.approx(0.3)
    # What trainings share stays, what their samples add is divided by their number.
    error = average([2.0, 2.0], [0.3, 0.4], [0.1, 0.1]).error
    assert error == pytest.approx(math.sqrt(0.01 + (0.125 - 0.01) / 2))
    # The spread of samples and of trainings, in place of that of samples alone.
    values, spread = [0.2, 0.6, 1.3], np.std([0.2, 0.6, 1.3], ddof=1)
    error = average(values, [0.3] * 3, [0.1] * 3, n=50)
    assert error.error == pytest.approx(math.sqrt(0.01 + spread**2 / 3))
    assert error.n == 50


def linear(samples, reference):
    """A mean in place of a Frechet distance, which is linear in what is left out."""

    def leave_out(x):
        blocks = np.reshape(x, (10, -1))
        return (blocks.sum() - blocks.sum(axis=1)) * 10 / 9 / x.size

    value, real = samples.mean(), reference.mean()
    sizes = (samples.size // 10,) * 10
    return FrechetJackknife(
        value - real, leave_out(samples) - real, value - leave_out(reference), sizes
    )


@pytest.mark.parametrize("between", [0.0, 0.3])
def test_errors_of_several_trainings_are_those_of_repeated_studies(between):
    rng = np.random.default_rng(0)
    found = {"images": [], "distances": [], "samples": []}
    single = []
    for _ in range(300):
        # Each training has an error of its own, and draws each image in its own way.
        trained = between * rng.normal(size=(3, 1))
        images = rng.normal(size=100) + trained + 2.0 * rng.normal(size=(3, 100))
        reference = rng.normal(size=100)
        found["images"].append(trainings.average_images(images))
        distances = [linear(one, reference) for one in images]
        found["distances"].append(trainings.average_distances(distances))
        single.append(trainings.average_distances(distances[:1]).error)
        values = 0.1 * rng.normal() + trained[:, 0] + 0.2 * rng.normal(size=3)
        errors, shared_errors = [math.hypot(0.1, 0.2)] * 3, [0.1] * 3
        found["samples"].append(trainings.average(values, errors, shared_errors))
    for name, means in found.items():
        truth = np.std([mean.value for mean in means])
        claimed = math.sqrt(np.mean([mean.error**2 for mean in means]))
        # Of 300 studies, the spread is known to 4 %; errors are rather too large.
        assert 0.9 * truth < claimed < 1.25 * truth, (name, claimed / truth)
    if not between:
        assert np.mean([mean.error for mean in found["distances"]]) < np.mean(single)


def test_the_sentence_about_errors_says_whether_they_include_the_spread():
    assert "leave out" in trainings.describe_errors(1)
    assert "3 trainings" in trainings.describe_errors(3)
    assert "include" in trainings.describe_errors(3)
