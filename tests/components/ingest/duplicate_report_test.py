"""Counts and names of repeated examples."""

import pytest

from components.ingest.duplicate_report import (
    check_duplicates,
    split_order,
    summarize_duplicates,
)
from components.ingest.duplicates import Occurrence

# Splits are numbered train, validation, test.
GROUPS = [
    [Occurrence(1, 0, 1), Occurrence(2, 7, 1), Occurrence(2, 8, 1)],
    [Occurrence(0, 3, 0), Occurrence(0, 9, 1)],
    [Occurrence(0, 1, 0), Occurrence(0, 2, 0), Occurrence(2, 4, 0)],
]
NUM_EXAMPLES = {"test": 10, "train": 20, "validation": 5}


def _report(**kwargs):
    return summarize_duplicates(
        GROUPS, NUM_EXAMPLES, lambda split, index: f"{split}/{index}.png", **kwargs
    )


def test_splits_are_in_the_order_in_which_they_are_used():
    assert split_order(["test", "b", "validation", "train", "a"]) == [
        "train",
        "validation",
        "test",
        "a",
        "b",
    ]


def test_repeated_examples_are_counted_after_their_first_occurrence():
    splits = _report()["splits"]
    assert splits["train"] == {
        "num_examples": 20,
        "repeated": 2,
        "fraction": 0.1,
        "within": 2,
        "also_in": {"validation": 0, "test": 2},
    }
    assert splits["validation"] == {
        "num_examples": 5,
        "repeated": 0,
        "fraction": 0.0,
        "within": 0,
        "also_in": {"train": 0, "test": 1},
    }
    assert splits["test"] == {
        "num_examples": 10,
        "repeated": 3,
        "fraction": 0.3,
        "within": 1,
        "also_in": {"train": 1, "validation": 2},
    }


def test_every_example_of_every_group_is_named_leaks_apart():
    report = _report(class_names=("sea", "sky"))
    places = {
        kind: [[e["place"] for e in group["examples"]] for group in report[kind]]
        for kind in ("leaks", "within")
    }
    assert places == {
        "leaks": [
            ["train/1.png", "train/2.png", "test/4.png"],
            ["validation/0.png", "test/7.png", "test/8.png"],
        ],
        "within": [["train/3.png", "train/9.png"]],
    }
    assert report["within"][0]["examples"] == [
        {"split": "train", "index": 3, "place": "train/3.png", "label": "sea"},
        {"split": "train", "index": 9, "place": "train/9.png", "label": "sky"},
    ]
    assert report["num_conflicts"] == 1


def test_without_labels_none_is_named():
    groups = [[Occurrence(0, 0, -1), Occurrence(0, 1, -1)]]
    report = summarize_duplicates(groups, {"train": 2}, lambda split, index: "x")
    assert "label" not in report["within"][0]["examples"][0]
    assert report["num_conflicts"] == 0


def test_a_fraction_that_suffices_is_accepted():
    check_duplicates(_report(), 0.3)


def test_a_smaller_fraction_is_refused_with_the_first_names():
    with pytest.raises(ValueError) as caught:
        check_duplicates(_report(), 0.1)
    assert str(caught.value) == (
        "`max_duplicate_fraction` must be at least 0.3 to proceed with 3 of 10 examples"
        " of the split 'test' that repeat an earlier one; got 0.1. First: train/1.png ="
        " train/2.png = test/4.png; validation/0.png = test/7.png = test/8.png. Remove"
        " them, or raise it: duplicates.json then names all of them."
    )
    with pytest.raises(ValueError, match="2 of 20 .* 'train' and 3 of 10 .* 'test'"):
        check_duplicates(_report(), 0.0)
