"""The effective number of importance draws, for weights where it is known."""

import numpy as np
import pytest

from smoothing_tf.evaluation.effective_draws import effective_draws
from smoothing_tf.evaluation.headline import few_draws


def test_equal_weights_count_all_and_a_single_one_counts_once():
    with np.errstate(divide="ignore"):
        log_weights = np.log([[1.0, 0.0, 3.0], [1.0, 1e-9, 1.0]]) + [0.0, -900.0, 900.0]
    metric, values = effective_draws(log_weights)
    np.testing.assert_allclose(values, [2.0, 1.0, 1.6])
    assert (metric["n"], metric["k"], metric["smallest"]) == (3, 2, 1.0)
    assert metric["value"] == pytest.approx(4.6 / 3)
    assert metric["se"] == pytest.approx(np.std(values, ddof=1) / np.sqrt(3))
    assert metric["direction"] == "higher is better"
    # Two draws are too few to warn.
    assert "warning" not in metric


def test_few_effective_draws_are_a_warning():
    rng = np.random.Generator(np.random.PCG64(0))
    for spread, is_warned in ((0.1, False), (30.0, True)):
        metric, _ = effective_draws(spread * rng.normal(size=(50, 16)))
        warning = few_draws({"nll_iw": {"effective_sample_size": metric}})
        assert (warning is not None) == is_warned
    assert "the best of 50 draws alone" in warning
    assert few_draws({}) is None


@pytest.mark.parametrize("num_few, is_warned", [(9, True), (5, True), (4, False)])
def test_a_few_examples_with_many_effective_draws_hide_no_warning(num_few, is_warned):
    log_weights = np.zeros((20, 10))
    log_weights[0, :num_few] = 100.0
    metric, _ = effective_draws(log_weights)
    # The mean, 2.9 or more, says nothing of those at 1.
    assert metric["value"] == pytest.approx((num_few + 20 * (10 - num_few)) / 10)
    assert metric["share_below_2"] == num_few / 10
    assert ("warning" in metric) == is_warned
    if is_warned:
        assert metric["warning"].startswith(f"For {10 * num_few} % of the examples")


def test_weights_that_are_not_finite_are_a_reason():
    metric, _ = effective_draws(np.array([[0.0, -np.inf], [0.0, -np.inf]]))
    assert (metric["value"], metric["se"]) == (None, None)
    assert metric["reason"] == "The weights of 1 of 2 examples are not finite."
