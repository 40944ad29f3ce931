"""Cells are computed once, kept whole, and lost one at a time at most."""

import os
import pathlib
import signal

import pytest

from smoothing_tf.artifacts import read_json
from smoothing_tf.experiments.cells import Cell, Cells, Pool


def double(directory: pathlib.Path, *, value: int) -> dict:
    (directory / "value.txt").write_text(str(value))
    return {"double": 2 * value, "process": os.getpid()}


def fail(directory: pathlib.Path, *, value: int) -> dict:
    (directory / "value.txt").write_text(str(value))
    raise ValueError("no good")


def die(directory: pathlib.Path) -> dict:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


@pytest.fixture(scope="module")
def pool():
    with Pool(num_processes=1, progress=False) as pool:
        yield pool


def test_cells_are_computed_elsewhere_and_kept(pool, tmp_path):
    cells = Cells(pool, tmp_path)
    results = cells.run(
        [Cell("a", double, {"value": 3}), Cell("b", double, {"value": 4})]
    )
    assert [result["double"] for result in results.values()] == [6, 8]
    assert results["a"]["process"] != os.getpid()
    assert (cells.directory("a") / "value.txt").read_text() == "3"
    assert read_json(cells.directory("b") / "result.json")["seconds"] >= 0


def test_what_is_kept_is_not_computed_again_but_for_other_arguments(pool, tmp_path):
    cells = Cells(pool, tmp_path)
    cells.run([Cell("a", double, {"value": 3})])
    (tmp_path / "a" / "value.txt").write_text("mark")
    cells.run([Cell("a", double, {"value": 3})])
    assert (tmp_path / "a" / "value.txt").read_text() == "mark"
    assert cells.run([Cell("a", double, {"value": 5})])["a"]["double"] == 10
    assert (tmp_path / "a" / "value.txt").read_text() == "5"


def test_a_failure_names_its_cell_and_leaves_the_others(pool, tmp_path):
    cells = Cells(pool, tmp_path)
    with pytest.raises(RuntimeError, match="Cell 'bad' failed: ValueError: no good"):
        cells.run([Cell("good", double, {"value": 1}), Cell("bad", fail, {"value": 2})])
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


def test_a_process_that_dies_is_told_in_words(tmp_path):
    with (
        pytest.raises(RuntimeError, match="The process of a cell died"),
        Pool(num_processes=1, progress=False) as pool,
    ):
        Cells(pool, tmp_path).run([Cell("dead", die, {})])


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden"])
def test_a_name_that_is_no_directory_is_rejected(name):
    with pytest.raises(ValueError, match="A cell's `name`"):
        Cell(name, double, {})
