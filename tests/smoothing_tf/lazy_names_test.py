"""A package's names are imported on first use, and only those of its block."""

import importlib
import sys

import pytest

import smoothing_tf
from tests.testing.command_lines import ROOT

_INIT = """
from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from lazy.distance import distance
    from lazy.other import ONE, two

__all__ = ["ONE", "distance", "two"]

import_when_used(__name__, subpackages=("below",))
"""


@pytest.fixture
def lazy(tmp_path, monkeypatch):
    """A package whose module `distance` has a function of that name."""
    files = {
        "__init__": _INIT,
        "distance": "def distance(): return 3\n",
        "other": "ONE = 1\ndef two(): return 2\n",
        "below/__init__": "from lazy import two\n",
    }
    for name, text in files.items():
        path = tmp_path / "lazy" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("lazy")
    for name in [n for n in sys.modules if n.partition(".")[0] == "lazy"]:
        del sys.modules[name]


def test_a_name_is_imported_when_it_is_used(lazy):
    assert "lazy.other" not in sys.modules
    assert lazy.ONE == 1
    assert "lazy.other" in sys.modules and "lazy.distance" not in sys.modules
    assert lazy.below.two() == 2
    names = {}
    exec("from lazy import *", names)
    assert names["two"]() == 2


def test_a_public_name_wins_over_the_module_of_that_name(lazy):
    module = importlib.import_module("lazy.distance")
    assert lazy.distance is module.distance
    # Also once it was looked up.
    del sys.modules["lazy.distance"]
    importlib.import_module("lazy.distance")
    assert lazy.distance() == 3
    # Any other module is an attribute, as usual.
    assert importlib.import_module("lazy.other") is lazy.other


def test_other_names_are_missing(lazy):
    assert not hasattr(lazy, "three")
    with pytest.raises(ImportError, match="cannot import name 'three'"):
        exec("from lazy import three")
    assert {"ONE", "two", "distance", "below"} <= set(dir(lazy))


def _lazy_packages():
    """Every package of ours that imports its names on first use."""
    for path in sorted((ROOT / "smoothing_tf").rglob("__init__.py")):
        if "import_when_used(" in path.read_text():
            yield ".".join(path.parent.relative_to(ROOT).parts)


@pytest.mark.parametrize("name", _lazy_packages())
def test_the_public_names_of_our_packages_are_there(name):
    package = importlib.import_module(name)
    block = set(package._module_of)
    # `smoothing_tf` itself has a version.
    assert set(package.__all__) - {"__version__"} == block
    for public in block:
        value = getattr(package, public)
        assert getattr(value, "__name__", public) == public
        assert value is getattr(sys.modules[package._module_of[public]], public)


def test_the_functions_of_the_evaluation_are_no_modules():
    for name in ("inception_score", "kernel_distance", "precision_recall"):
        importlib.import_module(f"smoothing_tf.evaluation.{name}")
        assert callable(getattr(smoothing_tf.evaluation, name))
