"""Tables as text and as JSON."""

from smoothing_tf.experiments.table import Criterion, Table

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


def test_a_criterion_says_whether_it_holds():
    good, bad = Criterion("a", 2.0, minimum=2.0), Criterion("b", 3, maximum=2)
    assert good.to_text() == "holds: a: 2.0000 (at least 2.0000)"
    assert bad.to_text() == "FAILS: b: 3 (at most 2)"
    rows = Table("T", (), (), criteria=(good, bad)).to_json()["criteria"]
    assert [row["holds"] for row in rows] == [True, False]
