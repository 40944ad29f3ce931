"""The tables of the benchmarks, and the processes that make their rows."""

import os
import signal

import pytest

from benchmarks import tables
from tests.testing.forkserver import forkserver_context


def rows_of(number, name, num_runs):
    return [{"number": number, "name": name, "half": num_runs / 2}] * 2


def die(number, num_runs):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def forks(monkeypatch):
    """Processes that start at once."""
    context = forkserver_context()
    monkeypatch.setattr(tables.multiprocessing, "get_context", lambda _: context)


@pytest.mark.usefixtures("forks")
def test_every_combination_has_its_rows(capsys):
    rows = tables.print_rows(rows_of, 3, number=(1, 2), name=("a",))
    assert rows == [*rows_of(1, "a", 3), *rows_of(2, "a", 3)]
    lines = capsys.readouterr().out.splitlines()[-6:]
    assert lines[0] == "| number | name | half |"
    assert lines[2] == "| 1 | a | 1.5 |"


@pytest.mark.usefixtures("forks")
def test_a_process_that_dies_is_reported():
    with pytest.raises(RuntimeError, match="measured .*'number': 7.* died"):
        tables.print_rows(die, 3, number=(7,))
