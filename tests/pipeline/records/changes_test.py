"""What differs between two executions, in words."""

import pytest

from pipeline.records.changes import changed_files, explain_changes, shorten_files


def _explain(before, after, code_before=(), code_after=(), producers=()):
    return explain_changes(
        before, after, dict(code_before), dict(code_after), dict(producers)
    )


@pytest.mark.parametrize(
    "before, after, reasons",
    [
        ({"n": 4, "m": 1}, {"n": 4, "m": 1}, []),
        ({"n": 4}, {"n": 4.0}, []),
        ({"n": ""}, {"n": "x"}, ["n: empty -> x"]),
        ({}, {"n": 1}, ["n: not given -> 1"]),
        (
            {"flags": ["--a=1", "--b=2"]},
            {"flags": ["--b=3", "--c=4"]},
            ["--a: 1 -> not given", "--b: 2 -> 3", "--c: not given -> 4"],
        ),
        # The order of flags means nothing, that of other elements does.
        ({"flags": ["--a=1", "--b=2"]}, {"flags": ["--b=2", "--a=1"]}, []),
        ({"size": [8, 8]}, {"size": [8, 16]}, ["size[1]: 8 -> 16"]),
        ({"more": {"x": 1}}, {"more": {"x": 2}}, ["more x: 1 -> 2"]),
        # Settings as JSON.
        (
            {"settings": '{"a": 1, "b": {"c": null}, "d": []}'},
            {"settings": '{"d": [], "a": 2, "b": {"c": 3}}'},
            ["a: 1 -> 2", "b c: None -> 3"],
        ),
        ({"settings": ""}, {"settings": '{"a": 1}'}, ["a: not given -> 1"]),
        ({"settings": '{"a": 1}'}, {"settings": ""}, ["a: 1 -> not given"]),
        ({"text": "{"}, {"text": "{}"}, ["text: { -> {}"]),
        # What it stands for is named itself.
        ({"made_from": "1", "n": 4}, {"made_from": "2", "n": 5}, ["n: 4 -> 5"]),
        ({"n": "a" * 99}, {"n": "b"}, [f"n: {'a' * 60}... -> b"]),
        (
            {"data_digest": "1"},
            {"data_digest": "2"},
            ["data: the files of the data set changed"],
        ),
    ],
)
def test_every_change_is_one_reason(before, after, reasons):
    assert _explain(before, after) == reasons


def test_an_artifact_is_named_after_the_node_that_makes_it():
    before, after = {"data": {"artifact": "/a"}}, {"data": {"artifact": "/b"}}
    assert _explain(before, after) == ["data is new"]
    assert _explain(before, after, producers={"/b": "ingest"}) == [
        "data is new, from ingest"
    ]


def test_changed_code_is_named_by_its_files():
    digests = {"code_digest": "1"}, {"code_digest": "2"}
    before = {"a.py": "1", "b.py": "1", "c.py": "1"}
    after = {"a.py": "2", "b.py": "1", "d.py": "1"}
    assert _explain(*digests, before, after) == ["code: a.py, c.py, d.py"]
    assert _explain(*digests, before, before) == [
        "code: the version of a package changed"
    ]


def test_only_some_of_many_files_are_named():
    names = {f"{letter}.py": "1" for letter in "abcde"}
    assert changed_files(names, {}) == sorted(names)
    assert shorten_files(sorted(names)) == "a.py, b.py, c.py and 2 more"
