"""The report page shows all tables, figures and verdicts, with their text escaped."""

import re

from experiments.report.page import Section, render_page
from experiments.report.table import Criterion, Result, Table


def section(name: str, *values: float) -> Section:
    criteria = tuple(Criterion(f"c{value:g}", value, maximum=1.0) for value in values)
    main = Table(f"Main {name}", ("a & b", "x"), ({"x": 0.5},), ("Note.",), criteria)
    other = Table(f"Choices {name}", ("choice",), ({"choice": "<first>"},))
    return Section(
        name,
        f"Title of {name}.\n\nWhat it\nshows.\n",
        Result(
            {"table": main, "choices": other},
            {"figure": b"\x89PNG", "second": b"\x89PNG2"},
            {"figure": "A caption."},
        ),
        90.0,
    )


def test_the_page_has_the_tables_figures_and_verdicts_of_every_experiment():
    page = render_page([section("one", 0.5, 2.0), section("two", 0.5)], {}, "cmd <x>")
    rows = re.findall(r'<a href="#(\w+)">.*?(\d of \d).*?>([\d.]+)</td>', page, re.S)
    assert rows == [("one", "1 of 2", "1.5"), ("two", "1 of 1", "1.5")]
    assert page.count('class="number failed"') == 1
    assert page.count("✗ FAILS: c2: 2.0000") == 1
    assert page.count("✓ holds: c0.5") == 2
    assert page.count("<img src=") == 4
    assert "data:image/png;base64,iVBORw==" in page
    assert "Title of one." in page and "What it shows." in page
    assert "<summary>Choices one</summary>" in page
    assert "A caption." in page and "Note." in page


def test_a_quick_run_is_marked_and_missing_criteria_are_not_a_success():
    whole, quick = (
        render_page([section("one"), section("two", 0.5)], {}, "cmd", is_quick=is_quick)
        for is_quick in (False, True)
    )
    assert "numbers and verdicts are meaningless" not in whole
    assert "numbers and verdicts are meaningless" in quick
    assert "none set" in whole and "0 of 0" not in whole


def test_text_of_tables_errors_and_commands_is_escaped():
    page = render_page([section("one")], {"bad": ValueError("a < b")}, "cmd <x>")
    for text in ("&lt;first&gt;", "cmd &lt;x&gt;", "bad failed: a &lt; b"):
        assert text in page
    assert "a &amp; b" in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
