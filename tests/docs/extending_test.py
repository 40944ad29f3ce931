"""The example of docs/extending.md works: its code, its lines and its test."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest

from experiments.job import Job
from experiments.theory import proposition1, theorem1
from experiments.toys import spikes, spikes_runs
from smoothing_tf.smoothing import SMOOTHINGS, Smoothing, make_smoothing
from tests.testing.canned_cells import CannedCells
from tests.testing.pages import ROOT, block
from tests.testing.smoothing_contract import SmoothingContract

_PAGE = "docs/extending.md"


def _smoothing_example() -> type[Smoothing]:
    """Returns the class of the page's smoothing distribution."""
    names = {"__name__": "page"}
    exec(block(_PAGE, "python", "(Smoothing):"), names)
    (smoothing,) = (
        value
        for value in names.values()
        if isinstance(value, type) and value.__module__ == "page"
    )
    return smoothing


class TestSmoothingOfThePage(SmoothingContract):
    smoothing = _smoothing_example()

    def test_its_name_selects_it(self, monkeypatch):
        monkeypatch.setitem(SMOOTHINGS, "logistic", self.smoothing)
        config = types.SimpleNamespace(smoothing="logistic", noise_scale=0.3)
        assert make_smoothing(config).noise_scale == 0.3


_TRAIN = """
import runpy
runpy.run_module("smoothing_tf.train", run_name="__main__", alter_sys=True)
import smoothing_tf
print(smoothing_tf.Logistic(0.3).noise_scale)
"""


@pytest.fixture(scope="module")
def tree_with_logistic(tmp_path_factory) -> pathlib.Path:
    """The library with the file and the lines of the page's example."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "smoothing_tf", root / "smoothing_tf")
    package = root / "smoothing_tf" / "smoothing"
    (package / "logistic.py").write_text(block(_PAGE, "python", "(Smoothing):"))
    (dict_line,) = _added_lines("SMOOTHINGS")
    _insert(package / "config.py", "SMOOTHINGS = PlugIns(\n    {\n", dict_line)
    import_line, name_line = _added_lines("LogisticMixture")
    _insert(root / "smoothing_tf/__init__.py", "if TYPE_CHECKING:\n", import_line)
    _insert(root / "smoothing_tf/__init__.py", "__all__ = [\n", name_line)
    return root


def _added_lines(part: str) -> list[str]:
    """Returns the lines that the page's diff with this part adds."""
    lines = block(_PAGE, "diff", part).splitlines()
    return [line[1:] for line in lines if line.startswith("+")]


def _insert(path: pathlib.Path, place: str, line: str) -> None:
    """Inserts a line after the only occurrence of a text."""
    text = path.read_text()
    assert text.count(place) == 1
    path.write_text(text.replace(place, f"{place}{line}\n"))


def _run(tree: pathlib.Path, *arguments: str) -> str:
    """Runs Python in the tree and returns what it prints."""
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_the_lines_make_a_flag(tree_with_logistic):
    help_text = _run(tree_with_logistic, "-m", "smoothing_tf.train", "--help")
    choices = re.search(r"--smoothing .*?One of: ([\w,\s]*)\.", help_text, re.S)
    assert set(re.split(r",\s+", choices[1])) == {*SMOOTHINGS, "logistic"}


@pytest.mark.large
def test_a_model_is_trained_with_the_flag(tree_with_logistic):
    flags = (
        *("--dataset=rings", "--model=made", "--hidden_units=8", "--num_mixtures=2"),
        *("--smoothing=logistic", "--noise_scale=0.3", "--num_steps=2"),
        "--stages=reverse",
        *("--batch_size=16", "--max_validation_examples=20", "--workdir=run"),
    )
    printed = _run(tree_with_logistic, "-c", _TRAIN, *flags)
    assert (tree_with_logistic / "run" / "reverse").is_dir()
    resolved = (tree_with_logistic / "run" / "flags.cfg").read_text()
    assert "--smoothing=logistic\n" in resolved
    assert printed.endswith("0.3\n")


@pytest.fixture
def with_logistic(monkeypatch):
    monkeypatch.setitem(SMOOTHINGS, "logistic", _smoothing_example())


@pytest.mark.usefixtures("with_logistic")
def test_the_theory_holds_for_the_smoothing(tmp_path, monkeypatch):
    triangle = theorem1.densities()["triangle"]
    monkeypatch.setattr(theorem1, "densities", lambda: {"triangle": triangle})
    only = {"logistic": SMOOTHINGS["logistic"]}
    for experiment in (theorem1, proposition1):
        monkeypatch.setattr(experiment, "SMOOTHINGS", only)
        table = experiment.run(Job(tmp_path, quick=True)).tables["table"]
        assert {row["kernel"] for row in table.rows} == {"logistic"}
        assert all(criterion.holds for criterion in table.criteria)


@pytest.mark.usefixtures("with_logistic")
def test_the_smoothing_takes_part_in_the_spikes(tmp_path):
    def canned(cell, directory):
        np.savez(directory / "arrays.npz", log_density=np.zeros(spikes_runs.GRID_SIZE))
        scores = ("validation", "nll", "nll_se")
        if cell.function is spikes_runs.train_joint_made:
            scores = ("validation", "nll", "bound", "bound_se", "iw", "iw_se")
        return {"parameters": 5, "restarts": [1.0]} | dict.fromkeys(scores, 0.5)

    cells = CannedCells(tmp_path, canned)
    result = spikes.run(Job(tmp_path, quick=True, cells=cells))
    rows = result.tables["table"].rows
    assert [row for row in rows if row["model"] == "logistic smoothing"]
    assert len(result.tables["table"].criteria) == len(SMOOTHINGS)


def test_the_test_of_the_page_collects_the_contract():
    names = {"__name__": "page"}
    code = block(_PAGE, "python", "(SmoothingContract):")
    # Its first line imports the file that the reader writes.
    exec(code.split("\n", 1)[1], names | {"Logistic": _smoothing_example()}, names)
    assert issubclass(names["TestLogistic"], SmoothingContract)
    assert names["TestLogistic"].smoothing.__name__ == "Logistic"
