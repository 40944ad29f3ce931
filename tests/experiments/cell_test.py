"""The stored result of a cell names the code that computed it."""

import pathlib

import pytest

from experiments import cell
from experiments.cell import Cell, compute


def give(directory: pathlib.Path, *, value: int) -> dict:
    return {"value": value}


@pytest.fixture
def _nothing_cached():
    cell._loaded_code.cache_clear()
    yield
    cell._loaded_code.cache_clear()


@pytest.mark.usefixtures("_nothing_cached")
def test_the_stored_code_is_the_one_that_the_process_has_loaded(tmp_path, monkeypatch):
    # The digest changes when a file is edited between two cells of one process.
    digests = iter(["loaded", "edited"])
    monkeypatch.setattr(cell, "code_digest", lambda module: next(digests))
    kept = [
        compute(Cell(name, give, {"value": 1}), tmp_path / name) for name in ("a", "b")
    ]
    assert [content["code"] for content in kept] == ["loaded", "loaded"]
