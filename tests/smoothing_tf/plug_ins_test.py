"""Plug-ins are objects, or places that are imported when they are looked up."""

import fractions
import sys

import pytest

from smoothing_tf.plug_ins import PlugIns


@pytest.fixture
def table():
    return PlugIns({"half": "fractions:Fraction", "one": 1})


def test_a_place_is_looked_up_and_an_object_is_itself(table):
    assert table["half"] is fractions.Fraction
    assert list(table.values()) == [fractions.Fraction, 1]
    assert dict(table) == {"half": fractions.Fraction, "one": 1}
    assert table.get("third") is None


def test_names_are_read_without_the_modules(monkeypatch, tmp_path):
    (tmp_path / "plugged_in.py").write_text("value = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    table = PlugIns({"new": "plugged_in:value"})
    assert tuple(table) == ("new",) and "new" in table and sorted(table) == ["new"]
    assert "plugged_in" not in sys.modules
    assert table["new"] == 3


def test_plug_ins_can_be_added_and_removed(table, monkeypatch):
    with monkeypatch.context() as context:
        context.setitem(table, "two", 2)
        context.setitem(table, "one", "fractions:Fraction")
        assert table["two"] == 2
        assert table["one"] is fractions.Fraction
    assert tuple(table) == ("half", "one")
    assert table["one"] == 1
