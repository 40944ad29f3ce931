"""A model is blessed if every rule allows it."""

import pytest

from components.evaluate.blessing import bless
from components.predecessor import Predecessor

SERVED = Predecessor("/models", 0.01, "/models/3", "digest")


def metrics(value=2.5, difference=None, **entries):
    found = {"bits_per_dim": {"value": value}, "run": {"seed": 0}}
    if difference is not None or entries:
        found["bits_per_dim_regression"] = {
            "value": difference,
            "se": 0.002,
            "n": 300,
            "split": "test",
            "unit": "bits per dimension",
            "is_same": False,
            **entries,
        }
    return found


def test_a_model_without_a_bound_is_not_blessed():
    assert not bless({"fd_randconv": {"value": 1.0}}, None).blessed
    assert not bless(metrics(None), None).blessed
    assert not bless(metrics(float("nan")), 9.0).blessed


@pytest.mark.parametrize("limit, blessed", [(None, True), (2.5, True), (2.4, False)])
def test_the_threshold_decides(limit, blessed):
    assert bless(metrics(), limit).blessed is blessed


def test_nats_of_vectors_are_a_bound():
    assert bless({"nll": {"value": -3.0}}, None).blessed


@pytest.mark.parametrize("passed, words", [(True, "is below"), (False, "is not below")])
def test_the_difference_decides_and_says_what_was_compared(passed, words):
    upper = 0.009 if passed else 0.016
    decision = bless(
        metrics(2.5, upper - 0.004, passed=passed, upper=upper), 3.0, SERVED
    )
    assert decision.blessed is passed
    assert decision.reasons[0].startswith(
        "The bound, 2.5 bits per dimension, is at most"
    )
    assert decision.reasons[1] == (
        f"The bound minus that of /models/3 is {upper - 0.004:.3f} +- 0.002 bits per"
        " dimension on the same 300 test examples; with two standard errors,"
        f" {upper:g}, it {words} --max_regression=0.01."
    )


def test_a_good_difference_does_not_lift_the_threshold():
    better = metrics(2.5, -1.0, passed=True, upper=-0.9)
    assert not bless(better, 2.4, SERVED).blessed


def test_a_difference_without_a_value_gives_its_reason():
    decision = bless(metrics(2.5, passed=True, reason="No value."), None, SERVED)
    assert decision.blessed
    assert decision.reasons[1] == "Compared with /models/3: No value."


def test_the_served_model_itself_is_blessed():
    decision = bless(metrics(2.5, 0.0, passed=True, is_same=True), None, SERVED)
    assert decision.blessed
    assert decision.reasons[1] == (
        "This model is the served one, /models/3: their bounds are equal on each of 300"
        " test examples."
    )


def test_without_a_version_the_other_rules_decide():
    decision = bless(metrics(), None, Predecessor("/models", 0.0))
    assert decision.blessed and "/models has no version yet" in decision.reasons[1]
    assert not bless(metrics(), 2.4, Predecessor("/models", 0.0)).blessed
