"""A dry run says what a run then does, and changes nothing."""

import pytest

from pipeline.forecast import format_forecasts
from pipeline.graph import nodes_of
from pipeline.plain_run import NodeError
from pipeline.records.dry_run import Forecast
from smoothing_tf import artifacts
from tests.testing.small_pipeline import make_small

_CHANGES = (
    {},
    {"second": "other"},
    {"first": "no"},
    {"flags": ["--num_steps=5", "--seed=0"]},
    {"code": "another digest"},
)


def _tree(root):
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


def test_what_is_forecast_then_happens(small):
    states = {"cached": "cached", "runs": "ran", "always runs": "ran"}
    for changes in ({}, *_CHANGES):
        before = _tree(small.root)
        forecast = small.forecast(**changes)
        assert _tree(small.root) == before
        outcomes = small.run(**changes).outcomes
        assert set(forecast) == {"check", "one", "two", "both", "published"}
        for node, (state, *_) in forecast.items():
            if state == "undecided":
                assert node == "published" and forecast["one"][0] == "runs"
            else:
                assert outcomes[node] == states[state], (changes, node)


def test_reasons_name_what_changed(small):
    small.run()
    (run,) = [path.name for path in small.root.glob("smoothing-*")]
    kept = {node: ("cached", run) for node in ("one", "two", "both", "published")}
    assert small.forecast() == {"check": ("always runs",), **kept}
    assert small.forecast(second="other") == {
        "check": ("always runs",),
        "one": kept["one"],
        "two": ("runs", "word: no -> other"),
        "both": ("runs", "right is new, from two"),
        "published": ("runs", "both is new, from both"),
    }
    for changes, reason in (
        ({"first": "no"}, "word: yes -> no"),
        ({"flags": ["--num_steps=5", "--seed=0"]}, "--num_steps: 4 -> 5"),
        ({"flags": ["--num_steps=4"]}, "--seed: 0 -> not given"),
        ({"data": "d"}, "data: the files of the data set changed"),
        ({"code": "c"}, "code: the version of a package changed"),
    ):
        forecast = small.forecast(**changes)
        assert forecast["one"] == ("runs", reason)
        assert forecast["published"] == ("undecided", "depends on both, one")


def test_a_condition_that_does_not_hold_is_known_once_its_node_is_cached(small):
    small.run(first="no")
    forecast = small.forecast(first="no")
    assert forecast["published"] == ("skipped", "its condition does not hold")


def test_an_execution_before_the_last_one_counts_as_well(small):
    small.run()
    small.run(second="other")
    first, last = sorted(path.name for path in small.root.glob("smoothing-*"))
    assert small.forecast()["two"] == ("cached", first)
    # Nodes are compared with the last run, also where that one had them from the cache.
    small.run()
    assert small.forecast(second="third")["two"] == ("runs", "word: no -> third")


def test_what_was_removed_or_damaged_is_made_again(small):
    small.run()
    (data,) = small.root.glob("smoothing-*/make-2/data")
    data.unlink()
    assert small.forecast()["two"] == ("runs", f"its output {data} is gone")
    small.run()
    for entry in (small.root / ".kfp_cache").iterdir():
        entry.write_text("{}")
    forecast = small.forecast()
    assert forecast["two"] == ("runs", "its entry in the cache is gone or damaged")
    for record in small.root.glob("*/*/record.json"):
        record.unlink()
    forecast = small.forecast()
    assert forecast["two"] == ("runs", "its last execution has no record any more")


def test_before_the_first_run_every_node_runs_and_no_root_is_made(small):
    small.root.rmdir()
    forecast = small.forecast()
    assert not small.root.exists()
    assert forecast["both"] == ("runs", "has not run in this pipeline root")


def test_arguments_that_a_node_refuses_are_refused(small):
    message = "^Node check failed: ValueError: `word` must not be wrong.$"
    with pytest.raises(NodeError, match=message) as error:
        small.forecast(first="wrong")
    assert error.value.last_lines


def test_a_root_in_use_is_left_alone(small):
    with artifacts.locked(small.root), pytest.raises(BlockingIOError):
        small.forecast()


def test_the_table_has_a_line_for_each_node():
    nodes = nodes_of(make_small())
    table = format_forecasts([Forecast(node, "runs", ("a", "b")) for node in nodes])
    first, *lines = table.splitlines()
    assert first.split() == ["node", "waits", "for", "state", "why"]
    assert [line.split()[0] for line in lines] == [node.name for node in nodes]
    column = first.index("waits for")
    waits = {line.split()[0]: line[column:].split("  ")[0] for line in lines}
    assert waits == {
        "check": "-",
        "one": "check",
        "two": "-",
        "both": "one, two",
        # It also waits for one, as both does.
        "published": "both",
    }
    assert all(line.endswith("runs   a; b") for line in lines)
