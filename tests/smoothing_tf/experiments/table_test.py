"""Tables as text and as JSON."""

from smoothing_tf.experiments.table import Table

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
        "model      bits",
        "---------  ------",
        "long name  1.0000",
        "b",
        "",
        "Note.",
    ]


def test_json_holds_the_rows():
    assert TABLE.to_json()["rows"][0] == {"model": "long name", "bits": 1.0}
