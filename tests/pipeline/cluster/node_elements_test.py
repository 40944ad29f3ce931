"""Which elements of a flag belong to which node."""

import pytest

from pipeline.cluster.node_elements import NODES, elements_of_node


def selected(elements, node, form="KEY=VALUE"):
    return elements_of_node("flag", elements, node, form)


def test_an_element_belongs_to_the_last_node_named_before_it():
    elements = ["a=1", "train:b=2", "c=3", "push:d=4", "all:e=5"]
    assert selected(elements, "ingest") == [["a=1", "e=5"], []]
    assert selected(elements, "push") == [["a=1", "e=5"], ["d=4"]]
    for node in ("train_smoothed", "train_reverse"):
        assert selected(elements, node) == [["a=1", "e=5"], ["b=2", "c=3"], []]


def test_a_single_training_node_comes_after_both():
    elements = ["train_reverse:a=1", "train:a=2"]
    assert selected(elements, "train_reverse")[1:] == [["a=2"], ["a=1"]]
    assert selected(elements, "train_smoothed")[1:] == [["a=2"], []]


def test_without_nodes_all_get_everything():
    for node in NODES:
        assert selected(["a=1", "b=2"], node)[0] == ["a=1", "b=2"]


def test_elements_with_a_colon_of_their_own_need_one_more_for_a_node():
    elements = ["data:/data", "push:models:/models"]
    assert selected(elements, "push", "NAME:PATH") == [
        ["data:/data"],
        ["models:/models"],
    ]
    with pytest.raises(ValueError, match="write NAME:PATH or NODE:NAME:PATH"):
        selected(["models"], "push", "NAME:PATH")


def test_an_unknown_node_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match="'serve'.* all, train, configure, .* push"):
        selected(["serve:a=1"], "push")


def test_a_node_that_is_not_listed_does_not_come_away_empty():
    with pytest.raises(ValueError, match="must be one of configure, .*; got 'serve'"):
        selected(["a=1"], "serve")
