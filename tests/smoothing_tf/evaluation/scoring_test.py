"""The bound of given examples is that of the evaluation."""

import dataclasses

import numpy as np
import pytest

from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.model_likelihoods import model_likelihoods
from smoothing_tf.evaluation.scoring import score
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import tiny_trained


@pytest.mark.parametrize("shape, num_levels", [((4, 4, 1), 4), ((2,), None)])
def test_a_test_split_has_the_value_that_its_evaluation_reports(shape, num_levels):
    trained = tiny_trained(shape, num_levels=num_levels)
    dataset = tiny_dataset(shape, num_levels)
    metrics, _ = model_likelihoods(
        trained,
        dataset,
        config=EvaluationConfig(num_draws=2, num_importance_draws=2),
        seed=5,
    )
    name = "nll" if num_levels is None else "bits_per_dim"
    x = dataset.array("test")
    plain = score(trained, x, seed=5, num_draws=2, batch_size=3)
    assert plain["unit"] == metrics[name]["unit"]
    for key in ("value", "se", "n"):
        assert plain[key] == pytest.approx(metrics[name][key], rel=1e-6)
    weighted = score(trained, x, seed=5, num_importance_draws=2)
    assert weighted["k"] == 2
    assert weighted["value"] == pytest.approx(metrics[f"{name}_iw"]["value"], rel=1e-6)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((3, 4, 4), np.uint8), r"shape \[n, 4, 4, 1\], .*; got \[3, 4, 4\]"),
        (np.zeros((0, 4, 4, 1), np.uint8), "with n of at least 1"),
        (np.zeros((3, 4, 4, 1)), "must be integers, levels from 0 to 3; got float64"),
        (np.full((3, 4, 4, 1), 4), "levels from 0 to 3; got values from 4 to 4"),
        (np.full((3, 4, 4, 1), -1), "got values from -1 to -1"),
    ],
)
def test_examples_that_do_not_fit_are_rejected(x, message):
    with pytest.raises(ValueError, match=message):
        score(tiny_trained((4, 4, 1), num_levels=4), x)


@pytest.mark.parametrize(
    "x, message",
    [
        ([[0.0, float("nan")]], "`x` must be finite; got nan"),
        ([[1e300, 0.0]], "`x` must be finite; got inf"),
        ([["0", "1"]], "`x` must be floating"),
        ([[0.0, 1.0j]], "`x` must be floating; got complex128"),
    ],
)
def test_vectors_that_are_not_finite_numbers_are_rejected(x, message):
    with pytest.raises(ValueError, match=message):
        score(tiny_trained((2,), num_levels=None), x)


def test_numbers_of_draws_are_checked():
    trained = tiny_trained((2,), num_levels=None)
    for name in ("num_draws", "batch_size"):
        with pytest.raises(ValueError, match=f"`{name}` must be an integer, at least"):
            score(trained, np.zeros((1, 2)), **{name: 0})
    with pytest.raises(ValueError, match="`num_importance_draws` must be an integer"):
        score(trained, np.zeros((1, 2)), num_importance_draws=-1)


def test_a_missing_stage_is_named():
    trained = dataclasses.replace(tiny_trained((2,)), reverse=None)
    with pytest.raises(ValueError, match="stage reverse is not trained"):
        score(trained, np.zeros((3, 2)))
