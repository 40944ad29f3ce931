"""What the README says to type exists: commands, flags, configurations, links."""

import concurrent.futures
import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_OURS = ("smoothing_tf.", "components.", "pipeline.")
# Every absl command line has them, whether or not its help repeats them.
_ABSL_FLAGS = {"flagfile", "help"}


def _commands() -> list[str]:
    """The lines of the README's code blocks, continued lines joined, no comments."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", _README, re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    return [line for line in lines if line]


def _python_commands() -> list[tuple[str, set[str]]]:
    """(module, flags without dashes) of every `python -m` command and quoted text."""
    quoted = re.findall(r"`(python -m [^`\n]+)`", _README)
    commands = []
    for command in [*_commands(), *quoted]:
        match = re.match(r"python -m (\S+)(.*)", command)
        if match:
            commands.append((match[1], _flags(match[2])))
    return commands


def _flags(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--([a-z]\w*)", text))


def _help(module: str) -> str:
    process = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=_ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert "Traceback" not in process.stderr, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def accepted() -> dict[str, set[str]]:
    """Our command lines in the README -> the flags that their --help lists."""
    modules = {name for name, _ in _python_commands() if name.startswith(_OURS)}
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        helps = dict(zip(modules, pool.map(_help, modules), strict=True))
    return {module: _listed(text) | _ABSL_FLAGS for module, text in helps.items()}


def _listed(text: str) -> set[str]:
    """The flags at the beginnings of a help's lines, and those of a single stage."""
    flags = set(re.findall(r"^ {0,4}--(?:\[no\])?([a-z]\w*)", text, re.MULTILINE))
    prefixes = re.findall(r"--([a-z]+_)(?!\w)", text)
    return flags | {prefix + flag for prefix in prefixes for flag in flags}


def test_begins_with_the_two_commands():
    assert _commands()[:2] == ["make run", "make test"]


def test_make_targets_exist():
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", _README, re.MULTILINE))
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_modules_exist():
    for module in {name for name, _ in _python_commands()}:
        if module.startswith(_OURS):
            assert (_ROOT / (module.replace(".", "/") + ".py")).is_file(), module
        else:
            assert importlib.util.find_spec(module) is not None, module


def test_flags_of_commands_are_accepted(accepted):
    for module, flags in _python_commands():
        if module.startswith(_OURS):
            assert flags <= accepted[module], (module, flags - accepted[module])


def test_flags_in_the_text_are_accepted_somewhere(accepted):
    text = re.sub(r"^```.*?^```", "", _README, flags=re.DOTALL | re.MULTILINE)
    named = set().union(*map(_flags, re.findall(r"`([^`\n]*)`", text)))
    assert named <= set().union(*accepted.values())


def test_configs_exist():
    names = set(re.findall(r"configs/[\w./-]+\.cfg", _README))
    assert names
    assert [name for name in names if not (_ROOT / name).is_file()] == []


def test_files_in_the_layout_exist():
    (block,) = re.findall(r"^## Layout\n+```text\n(.*?)^```", _README, re.M | re.DOTALL)
    for line in block.splitlines():
        path = line.split()[0]
        assert (_ROOT / path).exists(), path


def test_links_resolve():
    headings = {
        re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", _README, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", _README):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith(("https://", "mailto:")):
            assert (_ROOT / target.split("#")[0]).exists(), target
