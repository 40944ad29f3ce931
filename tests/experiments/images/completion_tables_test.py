"""Tables of completions: missing scores, and figures without them."""

import types

import numpy as np

from experiments.images import completion_tables
from experiments.images.completion_scores import Scores
from experiments.images.completion_tables import Completions
from smoothing_tf.evaluation.frechet import FrechetJackknife

TWO_STAGES = "two stages"


def scores(value):
    per_image = dict.fromkeys(("same_class", "confident"), np.arange(4.0) + value)
    distance = FrechetJackknife(value, np.arange(3.0), np.arange(2.0), (2, 2))
    return Scores(per_image, {"randconv": distance})


def test_completions_without_scores_have_a_reason_and_are_not_drawn():
    judge = types.SimpleNamespace(extractors=("randconv",))
    spoiled = Scores({}, {}, "1 of 4 images are not finite")
    scored = {
        ("baseline", 0.5): [scores(2.0)],
        (TWO_STAGES, 0.5): [spoiled],
        ("baseline", 1.0): [scores(3.0)],
        (TWO_STAGES, 1.0): [scores(1.0)],
    }
    images = np.zeros((4, 2, 2, 1), np.float32)
    whole = Completions({0.5: images, 1.0: images}, {})
    half = images.copy()
    half[0] = np.nan
    completed = {
        "baseline": [whole],
        TWO_STAGES: [Completions({0.5: half, 1.0: images}, {})],
    }
    table = completion_tables.make_table(
        judge, scored, scores(0.0), completed, "digits", ()
    )
    assert [row.get("reason") for row in table.rows] == [
        *(None, None, spoiled.reason, None, None)
    ]
    assert table.rows[1]["fd_randconv"].value == 2.0
    assert "fd_randconv" not in table.rows[2]
    differences = completion_tables.make_differences(
        judge, scored, TWO_STAGES, "digits", "One training."
    )
    first, second = differences.rows
    assert first == {"share drawn": 0.5, "reason": spoiled.reason}
    assert second["same_class"].value == second["fd_randconv"].value == 2.0
    picture = completion_tables.draw_pictures(
        images, whole, completed[TWO_STAGES][0], 17
    )
    assert picture.startswith(b"\x89PNG")
