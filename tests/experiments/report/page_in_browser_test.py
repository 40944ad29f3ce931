"""In a browser the page of the studies is whole, wide and narrow, light and dark."""

import io

import pytest
from PIL import Image

from experiments.report.page import Section, render_page
from experiments.report.table import Criterion, Result, Table
from tests.testing.browser import look_at


def _section(name: str) -> Section:
    columns = tuple(f"a_column_{i}" for i in range(20))
    rows = tuple({column: 0.5 for column in columns} for _ in range(30))
    picture = io.BytesIO()
    Image.new("RGB", (2000, 300), "white").save(picture, "PNG")
    criteria = (Criterion("a criterion", 2.0, maximum=1.0),)
    return Section(
        name,
        f"Title of the study that is called {name}.\n\nWhat it shows.\n",
        Result(
            {
                "table": Table("Main", columns, rows, ("Note.",), criteria),
                "choices": Table("Choices", columns, rows),
            },
            {"figure": picture.getvalue()},
            {"figure": "A caption."},
        ),
        90.0,
    )


@pytest.mark.large
def test_the_page_is_whole_at_every_width_and_in_both_schemes(tmp_path):
    page = render_page(
        [_section("one"), _section("two")],
        {"bad": ValueError("x" * 200)},
        "python -m experiments.reproduce --experiment=" + "x" * 200,
        is_quick=True,
    )
    path = tmp_path / "studies.html"
    path.write_text(page)
    look_at(path, tmp_path)
