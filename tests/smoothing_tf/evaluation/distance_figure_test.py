import pytest

from smoothing_tf.evaluation.distance_figure import distance_figure


def _metric(n=1000):
    line = {
        "slope": 2.0,
        "shares": [1.0, 0.9, 0.8, 0.5],
        "distances": [5.0, 5.2, 5.5, 7.1],
        "num_fitted": 3,
    }
    return {"value": 3.0, "se": 0.4, "n": n, "line": line}


@pytest.mark.parametrize("kinds", [("two-step",), ("two-step", "baseline", "p(x̃)")])
def test_each_kind_is_a_plot_and_the_same_every_time(kinds):
    metrics = dict.fromkeys(kinds, _metric())
    figure = distance_figure(metrics)
    assert figure.lstrip().startswith(b"<?xml")
    # Matplotlib draws text as paths and names it in a comment.
    text = figure.decode()
    for kind in kinds:
        assert f"<!-- {kind} -->" in text
    for tick in ("∞", "1,000", "500"):
        assert text.count(f"<!-- {tick} -->") == len(kinds)
    assert distance_figure(metrics) == figure
