"""The tutorial runs, and uses the library's own functions."""

import json
import re
import resource

import pytest

import smoothing_tf
from tests.testing.pages import DOCS

_PATH = DOCS / "tutorial.ipynb"


def test_every_name_of_the_library_exists():
    cells = json.loads(_PATH.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    compile(code, _PATH.name, "exec")
    names = set(re.findall(r"\bsmoothing_tf\.([A-Za-z]\w*)", code))
    assert names
    assert [name for name in names if not hasattr(smoothing_tf, name)] == []


def test_it_is_small():
    assert _PATH.stat().st_size < 500_000


@pytest.mark.large
def test_it_runs_in_less_than_five_minutes_of_processor_time():
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    start = _processor_seconds()
    notebook = nbformat.read(_PATH, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    assert _processor_seconds() - start < 300


def _processor_seconds() -> float:
    """Measures the processor time of ended processes, including the notebook's."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
