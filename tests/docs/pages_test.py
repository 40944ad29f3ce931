"""The commands, flags, files and links on every page of the documentation exist."""

import contextlib
import importlib.util
import io
import pathlib
import re
import runpy
import sys

import pytest
import yaml

from experiments import EXPERIMENTS
from smoothing_tf.data.datasets import DATASETS
from smoothing_tf.models import MODELS
from smoothing_tf.smoothing import SMOOTHINGS
from tests.testing import pages
from tests.testing.pages import CHANGELOG, DOCS, PAGES, ROOT

# The changelog also names things that no longer exist.
_TEXT = "\n".join(text for page, text in PAGES.items() if page != CHANGELOG)
_OURS = ("smoothing_tf.", "experiments.", "components.", "pipeline.", "benchmarks.")
# Every absl command line accepts these, whether or not its help lists them.
_ABSL_FLAGS = {"flagfile", "help"}
# Flags of other programs that the text mentions.
_FOREIGN_FLAGS = {
    "upgrade",
    # Options of Beam's runners.
    "dask_npartitions",
    "direct_num_workers",
    "direct_running_mode",
}


def _module_file(module: str) -> pathlib.Path:
    return ROOT / (module.replace(".", "/") + ".py")


def _listed_flags(help_text: str) -> set[str]:
    """Lists the flags that start a help's lines, and those of a single stage."""
    names = re.findall(r"^ {0,4}--(?:\[no\])?([a-z]\w*)", help_text, re.MULTILINE)
    prefixes = re.findall(r"--([a-z]+_)(?!\w)", help_text)
    return {*names, *(prefix + name for prefix in prefixes for name in names)}


@pytest.fixture(scope="module")
def accepted() -> dict[str, set[str]]:
    """Our command lines on the pages -> the flags that their --help lists."""
    modules = {name for name, _ in pages.python_commands(_TEXT)}
    ours = sorted(name for name in modules if name.startswith(_OURS))
    return {module: _listed_flags(_help(module)) | _ABSL_FLAGS for module in ours}


def _help(module: str) -> str:
    """Returns the output of `python -m module --help`."""
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        patch.setattr(sys, "argv", [module, "--help"])
        # In this process, so that TensorFlow is imported only once.
        runpy.run_path(str(_module_file(module)), run_name="__main__")
    return output.getvalue()


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", _TEXT, re.MULTILINE)) <= targets


def test_modules_exist():
    for module in {name for name, _ in pages.python_commands(_TEXT)}:
        if module.startswith(_OURS):
            assert _module_file(module).is_file(), module
        else:
            assert importlib.util.find_spec(module) is not None, module


def test_flags_of_commands_are_accepted(accepted):
    for module, flags in pages.python_commands(_TEXT):
        if module.startswith(_OURS):
            assert flags <= accepted[module], (module, flags - accepted[module])


def test_flags_in_the_text_are_accepted_somewhere(accepted):
    text = re.sub(r"^```.*?^```", "", _TEXT, flags=re.DOTALL | re.MULTILINE)
    named = set().union(*map(pages.flags, re.findall(r"`([^`\n]*)`", text)))
    assert named <= set().union(*accepted.values(), _FOREIGN_FLAGS)


@pytest.mark.parametrize(
    ("page", "known"),
    [
        ("data.md", DATASETS),
        ("method.md", MODELS),
        ("method.md", SMOOTHINGS),
        ("results.md", EXPERIMENTS),
    ],
)
def test_all_choices_are_named(page, known):
    assert [name for name in known if f"`{name}`" not in PAGES[DOCS / page]] == []


def test_no_number_of_a_table_is_left_out():
    rows = re.findall(r"^\|(.*)\|$", _TEXT, re.MULTILINE)
    cells = [cell.strip() for row in rows for cell in row.split("|")]
    assert cells
    assert [cell for cell in cells if cell in ("...", "\u2026", "?")] == []


def test_configs_exist():
    names = set(re.findall(r"configs/[\w./-]+\.cfg", _TEXT))
    assert names
    assert [name for name in names if not (ROOT / name).is_file()] == []


def test_the_layout_is_that_of_the_repository():
    (block,) = re.findall(
        r"^## Layout\n+```text\n(.*?)^```", PAGES[DOCS / "extending.md"], re.M | re.S
    )
    listed = {line.split()[0].rstrip("/") for line in block.splitlines()}
    assert [path for path in listed if not (ROOT / path).exists()] == []
    packages = {
        str(path.parent.relative_to(ROOT))
        for pattern in ("*/__init__.py", "smoothing_tf/*/__init__.py")
        for path in ROOT.glob(pattern)
    }
    assert packages - listed == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if target.startswith(("https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        if anchor:
            assert anchor in pages.anchors(PAGES[path]), target
        if page.is_relative_to(DOCS):
            # The site has no other files.
            assert path.is_relative_to(DOCS), target


def test_every_picture_is_shown():
    shown = {name.split("/")[-1] for name in re.findall(r"!\[[^]]*\]\((.*?)\)", _TEXT)}
    assert {path.name for path in (DOCS / "images").iterdir()} == shown


def _leaves(navigation) -> list[str]:
    if isinstance(navigation, str):
        return [navigation]
    values = navigation.values() if isinstance(navigation, dict) else navigation
    return [leaf for value in values for leaf in _leaves(value)]


def test_every_page_is_in_the_navigation_of_the_site():
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = [name for name in _leaves(site["nav"]) if name.endswith(".md")]
    assert sorted(listed) == sorted(
        str(page.relative_to(DOCS)) for page in PAGES if page.is_relative_to(DOCS)
    )
