"""Cells are computed once, stored whole, and fail one at a time."""

import concurrent.futures
import os
import pathlib
import signal
import time

import pytest

from experiments.cells import Cell, Cells, Pool
from smoothing_tf.artifacts import read_json, write_json
from smoothing_tf.smoothing import Gaussian
from tests.testing.forkserver import forkserver_context

IDLE_SECONDS = 600


def double(directory: pathlib.Path, *, value: int) -> dict:
    (directory / "value.txt").write_text(str(value))
    return {"double": 2 * value, "process": os.getpid()}


def fail(directory: pathlib.Path, *, value: int) -> dict:
    (directory / "value.txt").write_text(str(value))
    raise ValueError("no good")


def refuse(directory: pathlib.Path) -> dict:
    Gaussian(-1.0)
    raise AssertionError("unreachable")


def die(directory: pathlib.Path) -> dict:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def idle(directory: pathlib.Path, *, mark: str) -> dict:
    pathlib.Path(mark).touch()
    time.sleep(IDLE_SECONDS)
    return {}


@pytest.fixture(scope="module")
def forks():
    """Processes that start at once, where it does not matter how they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "experiments.pool._make_executor",
            lambda: concurrent.futures.ProcessPoolExecutor(1, forkserver_context()),
        )
        yield


@pytest.fixture(scope="module")
def pool(forks):
    with Pool(num_processes=1, progress=False) as pool:
        yield pool


def _fails_twice(pool, directory, capfd):
    cells = Cells(pool, directory)
    with pytest.raises(RuntimeError, match="Cell 'bad' failed"):
        cells.run([Cell("bad", fail, {"value": 2})])
    assert 'raise ValueError("no good")' in capfd.readouterr().err
    with pytest.raises(RuntimeError, match="failed: ValueError: `noise_scale`"):
        cells.run([Cell("bad", refuse, {})])
    assert "Traceback" not in capfd.readouterr().err


# Stands before the users of `forks`: its process is started as users start theirs.
@pytest.mark.large
def test_a_process_that_imports_everything_itself_reports_failures_too(tmp_path, capfd):
    with Pool(num_processes=1, progress=False) as pool:
        _fails_twice(pool, tmp_path, capfd)


def test_a_defect_prints_its_traceback_and_an_input_error_does_not(
    monkeypatch, tmp_path, capfd
):
    # A thread: the stderr of `forks` is that of the test that started their server.
    monkeypatch.setattr(
        "experiments.pool._make_executor",
        lambda: concurrent.futures.ThreadPoolExecutor(1),
    )
    with Pool(num_processes=1, progress=False) as pool:
        _fails_twice(pool, tmp_path, capfd)


def test_cells_are_computed_in_another_process_and_stored(pool, tmp_path):
    cells = Cells(pool, tmp_path)
    results = cells.run(
        [Cell("a", double, {"value": 3}), Cell("b", double, {"value": 4})]
    )
    assert [result["double"] for result in results.values()] == [6, 8]
    assert results["a"]["process"] != os.getpid()
    assert (cells.directory("a") / "value.txt").read_text() == "3"
    kept = [read_json(cells.directory(name) / "result.json") for name in "ab"]
    assert cells.seconds == sum(cell["seconds"] for cell in kept) > 0.0


def test_a_stored_result_is_not_computed_again(pool, tmp_path):
    cells = Cells(pool, tmp_path)
    cells.run([Cell("a", double, {"value": 3})])
    (tmp_path / "a" / "value.txt").write_text("mark")
    cells.run([Cell("a", double, {"value": 3})])
    assert (tmp_path / "a" / "value.txt").read_text() == "mark"


def test_a_stored_result_is_not_replaced_by_a_different_cell_of_its_name(
    pool, tmp_path
):
    cells = Cells(pool, tmp_path)
    cells.run([Cell("a", double, {"value": 3})])
    for cell, difference in (
        (Cell("a", double, {"value": 5}), "value 3, now 5. "),
        (Cell("a", double, {"value": 3, "more": [1]}), "more none, now .1.. "),
        (Cell("a", fail, {"value": 3}), r"function \S*double, now \S*fail. "),
    ):
        with pytest.raises(ValueError, match=f"Cell 'a' differs from.*{difference}"):
            cells.run([cell])
    with pytest.raises(ValueError, match=f"{tmp_path}/a: .*Choose another --workdir"):
        cells.run([Cell("a", double, {"value": 5})])
    assert (tmp_path / "a" / "value.txt").read_text() == "3"


def test_a_result_of_other_code_is_used_with_a_warning(pool, tmp_path, capsys):
    cells = Cells(pool, tmp_path)
    two = [Cell(name, double, {"value": 3}) for name in "ab"]
    cells.run(two)
    cells.run(two)
    assert capsys.readouterr().err == ""
    path = tmp_path / "b" / "result.json"
    write_json(path, read_json(path) | {"code": "another"})
    cells.run(two)
    error = capsys.readouterr().err
    assert "1 of 2 cells, e.g. b, were computed by another version of the code" in error
    assert read_json(path)["code"] == "another"


def test_tuples_and_lists_are_the_same_arguments(pool, tmp_path):
    cells = Cells(pool, tmp_path)
    for value in ((1, 2), [1, 2]):
        result = cells.run([Cell("a", double, {"value": value})])
        assert list(result["a"]["double"]) == [1, 2, 1, 2]


def test_cells_of_one_name_are_rejected(pool, tmp_path):
    cells = [Cell("a", double, {"value": 3}), Cell("a", double, {"value": 4})]
    with pytest.raises(ValueError, match="different names; got 'a' twice"):
        Cells(pool, tmp_path).run(cells)


def test_leftovers_of_a_killed_process_are_removed(pool, tmp_path):
    for name in (".a.tmp-1234", ".ab.tmp-1234"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "value.txt").touch()
    Cells(pool, tmp_path).run([Cell("a", double, {"value": 3})])
    assert {path.name for path in tmp_path.iterdir()} == {"a", ".ab.tmp-1234"}


def test_failures_are_reported_by_name_and_spare_the_other_cells(pool, tmp_path):
    cells = Cells(pool, tmp_path)
    bad = [Cell(name, fail, {"value": 2}) for name in ("bad", "worse")]
    with pytest.raises(RuntimeError) as error:
        cells.run([*bad, Cell("good", double, {"value": 1})])
    assert str(error.value) == (
        "Cell 'bad' failed: ValueError: no good Cell 'worse' failed: ValueError: no"
        " good Finished cells are kept; run the same command to resume."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


def test_a_process_that_dies_is_reported_and_spares_the_other_cells(tmp_path, forks):
    good = [Cell(f"good{i}", double, {"value": i}) for i in range(3)]
    with Pool(num_processes=1, progress=False) as pool:
        others = Cells(pool, tmp_path / "others")
        dead = pool.submit(Cell("dead", die, {}), tmp_path / "dead")
        assert [result["double"] for result in others.run(good).values()] == [0, 2, 4]
        with pytest.raises(RuntimeError, match="The worker process died"):
            dead.result()
        with pytest.raises(RuntimeError, match="Cell 'dead' failed.* process died"):
            others.run([Cell("dead", die, {})])


def test_a_process_that_died_while_idle_is_replaced(tmp_path, forks):
    with Pool(num_processes=1, progress=False) as pool:
        cells = Cells(pool, tmp_path)
        first = cells.run([Cell("a", double, {"value": 1})])["a"]["process"]
        os.kill(first, signal.SIGKILL)
        time.sleep(0.5)
        second = cells.run([Cell("b", double, {"value": 2})])["b"]["process"]
    assert second != first


def test_a_process_is_replaced_after_some_cells(tmp_path, forks):
    cells = [Cell(f"a{i}", double, {"value": i}) for i in range(5)]
    with Pool(num_processes=1, cells_per_process=2, progress=False) as pool:
        results = Cells(pool, tmp_path).run(cells)
        pool.rest()
        after = Cells(pool, tmp_path / "after").run(cells[:1])
    a, b, c, d, e = [result["process"] for result in results.values()]
    assert a == b != c == d != e != after["a0"]["process"]


def test_an_error_closes_the_pool_at_once(tmp_path, forks):
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt), Pool(1, progress=False) as pool:
        started = tmp_path / "started"
        futures = [
            pool.submit(Cell(f"a{i}", idle, {"mark": str(started)}), tmp_path / f"a{i}")
            for i in range(2)
        ]
        while not started.exists():
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert time.perf_counter() - start < 0.5 * IDLE_SECONDS
    assert futures[1].cancelled() or futures[1].exception() is not None
    with pytest.raises(RuntimeError):
        futures[0].result()


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden"])
def test_an_invalid_directory_name_is_rejected(name):
    with pytest.raises(ValueError, match="A cell's `name`"):
        Cell(name, double, {})
