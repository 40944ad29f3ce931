"""A runner killed at each of its nodes, by the signals that end processes."""

import signal
import time

import pytest

from tests.testing.killed_runners import (
    NODES,
    SECONDS_TO_END,
    Runner,
    end_runners,
    finish,
    forget,
)
from tests.testing.run_comparison import assert_equal_runs


@pytest.fixture(autouse=True)
def no_runner_outlives_a_failed_test():
    yield
    end_runners()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A root whose only run was not interrupted."""
    root = tmp_path_factory.mktemp("reference") / "root"
    assert sorted(finish(root)) == sorted(NODES)
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The root of the killed runs."""
    return tmp_path_factory.mktemp("killed") / "root"


def tally(kills):
    print("", *kills, sep="\n")
    late = [kill for kill in kills if not kill.is_clean]
    print(f"{len(kills)} kills, {len(kills) - len(late)} without an orphan in time.")
    assert late == []


@pytest.mark.large
@pytest.mark.timeout(3600)
def test_killed_at_every_node_in_turn(reference, root):
    """Each run but the last is killed one node later than the one before."""
    kills = []
    # kfp does not order the two stages; whichever comes first is killed first.
    while left := set(NODES) - {kill.node for kill in kills}:
        once_at_work = left != {"push"}
        kills.append(Runner(root).kill(left, signal.SIGKILL, once_at_work))
        # Processes that the runner left publish nothing, now or later.
        time.sleep(max(0.0, SECONDS_TO_END - kills[-1].seconds))
        assert not (root / "report.html").exists()
        assert [p for p in root.glob("serving/*") if p.name.isdecimal()] == []
    assert list(finish(root)) == ["push"]
    tally(kills)
    assert_equal_runs(root, reference)
    assert finish(root) == {}


@pytest.mark.large
@pytest.mark.timeout(3600)
def test_the_second_run_after_a_kill_finishes(reference, root):
    """Every kill is followed by a run that is not interrupted."""
    finish(root)
    kills = []
    for node, number, once_at_work in (
        ("push", signal.SIGTERM, False),
        ("evaluate", signal.SIGINT, True),
        ("train_reverse", signal.SIGTERM, True),
        ("train_smoothed", signal.SIGKILL, True),
        ("ingest", signal.SIGTERM, False),
    ):
        rest = NODES[NODES.index(node) :]
        forget(root, rest)
        kills.append(Runner(root).kill([node], number, once_at_work))
        assert not (root / "serving" / "1").exists()
        assert sorted(finish(root)) == sorted(rest)
        if node.startswith("train"):
            log = (root / "logs" / f"{node}.log").read_text()
            assert "; resuming at step " in log
        assert_equal_runs(root, reference)
    tally(kills)
