"""kfp's engine behind a log of ours."""

import warnings

import pytest

from pipeline.plain_run import NodeError


def test_a_run_reports_its_nodes_and_nothing_about_clusters(small):
    with warnings.catch_warnings():
        # Nodes have display names and limits, which kfp.local warns of.
        warnings.simplefilter("error")
        log = small.run()
    assert log.outcomes == dict.fromkeys(
        ["check", "one", "two", "both", "published"], "ran"
    )
    assert "A line of the node.\n" in log.text
    assert "no effect" not in log.text


def test_a_failed_node_shows_its_last_lines(small):
    with pytest.raises(
        NodeError, match="^Node two failed: ValueError: `word` must"
    ) as e:
        small.run(second="fail")
    assert str(small.root / "logs" / "two.log") in str(e.value)
    *frames, error = e.value.last_lines
    assert error == "ValueError: `word` must not be fail."
    # The innermost frame of the traceback, and not all of a long output.
    assert any(line.endswith(", in make") for line in frames) and len(frames) < 12
