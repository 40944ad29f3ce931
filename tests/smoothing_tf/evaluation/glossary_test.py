"""Every metric has a label, an arrow and a sentence."""

import re

import pytest

from smoothing_tf.evaluation.glossary import (
    LIKELIHOODS,
    QUANTITIES,
    find_quantity,
    glossary,
    likelihood_key,
)
from smoothing_tf.evaluation.names import RAW_SUFFIX

METRIC = {"value": 1.0, "direction": "lower is better"}


@pytest.mark.parametrize("unit", [0, 1])
def test_every_likelihood_and_quantity_has_one_sentence(unit):
    metrics = {row[unit]: METRIC for row in LIKELIHOODS if RAW_SUFFIX not in row[0]}
    metrics |= {f"{name}_randconv": METRIC for name in QUANTITIES}
    metrics |= {"class_accuracy": METRIC, "run": {"seed": 0}}
    entries = glossary(metrics)
    assert len(entries) == len(metrics) - 1
    assert len({entry["id"] for entry in entries}) == len(entries)
    for entry in entries:
        assert entry["label"] and entry["arrow"] == "↓"
        assert re.fullmatch(r"[A-Z][^.]*\.", entry["sentence"]), entry


def test_numbers_that_are_missing_are_not_explained():
    missing = {"value": None, "direction": "lower is better"}
    assert glossary({"bits_per_dim": missing, "fid": missing, "run": {}}) == []


def test_a_name_belongs_to_the_longest_quantity_and_a_raw_one_to_its_own():
    assert find_quantity("fd_infinity_randconv_baseline") == "fd_infinity"
    assert find_quantity("fd_randconv") == "fd"
    assert likelihood_key("nll_baseline_marginal_raw_units") == "baseline_marginal"
    assert likelihood_key("bits_per_dim") == "bits_per_dim"
