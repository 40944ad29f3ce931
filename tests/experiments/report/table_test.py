"""Tables as text and as JSON."""

import math

import numpy as np
import pytest

from experiments.report.table import Criterion, Measurement, Table

TABLE = Table(
    "Title",
    ("model", "bits"),
    ({"model": "long name", "bits": 1.0}, {"model": "b"}),
    ("Note.",),
)


def test_text_is_aligned_and_missing_values_are_blank():
    assert TABLE.to_text().splitlines() == [
        "Title",
        "",
        "model        bits",
        "---------  ------",
        "long name  1.0000",
        "b",
        "",
        "Note.",
    ]


def test_json_holds_the_rows():
    assert TABLE.to_json()["rows"][0] == {"model": "long name", "bits": 1.0}


@pytest.mark.parametrize(
    "measurement, expected",
    [
        (Measurement(1.73612, 0.0163, is_bound=True), "<= 1.736 +- 0.016"),
        (Measurement(-0.00812, 0.000912), "-0.0081 +- 0.0009"),
        (Measurement.of_mean(np.arange(8.0)), "3.5 +- 0.9"),
        (Measurement.of_mean([0.5]), "0.5000"),
        (Measurement(0.5, math.nan), "0.5000"),
        (Measurement(0.5, is_bound=True), "<= 0.5000"),
    ],
)
def test_a_measurement_shows_the_digits_that_its_error_supports(measurement, expected):
    assert measurement.to_text() == expected
    table = Table("T", ("bits",), ({"bits": measurement},))
    assert table.to_text().splitlines()[4].strip() == expected
    assert table.numeric_columns == ("bits",)
    assert table.to_json()["rows"][0]["bits"]["value"] == measurement.value


def test_a_criterion_says_whether_it_holds():
    good, bad = Criterion("a", 2.0, minimum=2.0), Criterion("b", 3, maximum=2)
    assert good.to_text() == "holds: a: 2.0000 (at least 2.0000)"
    assert bad.to_text() == "FAILS: b: 3 (at most 2)"
    rows = Table("T", (), (), criteria=(good, bad)).to_json()["criteria"]
    assert [row["holds"] for row in rows] == [True, False]


def test_directions_become_sentences_below_the_table():
    columns = ("model", "nll", "bound", "recall")
    directions = {
        "nll": "lower is better",
        "recall": "higher is better",
        "bound": "lower is better",
    }
    table = Table("t", columns, (), notes=("A note.",), directions=directions)
    assert table.all_notes == (
        "A note.",
        "Lower is better: nll, bound.",
        "Higher is better: recall.",
    )
    assert table.to_text().endswith("Higher is better: recall.")
    assert table.to_json()["directions"] == directions
    with pytest.raises(ValueError, match="must name columns of the table; got 'fd'"):
        Table("t", columns, (), directions={"fd": "lower is better"})
