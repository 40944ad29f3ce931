"""Twenty kills at random times, half of them during training.

The nodes are forks, so that a kill takes seconds; killed_runner_test.py kills runners
as a user starts them.
"""

import signal

import numpy as np
import pytest

from tests.testing.killed_runners import NODES, Runner, end_runners, finish, forget
from tests.testing.run_comparison import assert_equal_runs

_NUM_KILLS = 20
_TRAINING = ("train_smoothed", "train_reverse")
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_SEED = 19


def _plan():
    """Draws (node, share of its time after which to kill, signal) of every kill."""
    random = np.random.default_rng(_SEED)
    others = [node for node in NODES if node not in _TRAINING]
    nodes = [*_TRAINING * (_NUM_KILLS // 4), *random.permutation(others), *NODES]
    shares = random.uniform(size=_NUM_KILLS)
    numbers = random.choice(_SIGNALS, size=_NUM_KILLS)
    return [
        (str(node), float(share), int(number))
        for node, share, number in zip(nodes, shares, numbers)
    ]


@pytest.fixture(autouse=True)
def no_runner_outlives_a_failed_test():
    yield
    end_runners()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """(a root whose only run was not interrupted, node -> seconds)."""
    root = tmp_path_factory.mktemp("reference") / "root"
    seconds = finish(root, is_quick=True)
    assert sorted(seconds) == sorted(NODES)
    return root, seconds


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The root of the killed runs, in which every node has run."""
    root = tmp_path_factory.mktemp("killed") / "root"
    finish(root, is_quick=True)
    return root


def test_half_of_the_kills_are_during_training():
    plan = _plan()
    assert len(plan) == _NUM_KILLS
    assert sum(node in _TRAINING for node, _, _ in plan) >= _NUM_KILLS // 2
    assert {node for node, _, _ in plan} == set(NODES)
    assert {number for _, _, number in plan} == set(_SIGNALS)
    assert plan == _plan()


@pytest.mark.large
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("node, share, number", _plan())
def test_the_run_after_a_kill_finishes_as_if_nothing_had_happened(
    reference, root, node, share, number
):
    place, seconds = reference
    if not (root / "report.html").exists():  # An earlier kill failed.
        finish(root, is_quick=True)
    rest = NODES[NODES.index(node) :]
    forget(root, rest)
    kill = Runner(root, is_quick=True).kill_after(node, share * seconds[node], number)
    print(f"\n{kill}, at {share:.0%} of {seconds[node]} s")
    assert kill.is_clean
    # A node that finished before the kill stays finished.
    assert set(finish(root, is_quick=True)) <= set(rest)
    assert_equal_runs(root, place)
    assert finish(root, is_quick=True) == {}
