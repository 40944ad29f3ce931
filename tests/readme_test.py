"""What the README says to type exists and works: commands, flags, code, links."""

import concurrent.futures
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest

from experiments import EXPERIMENTS
from experiments.job import Job
from experiments.theory import proposition1, theorem1
from experiments.toys import spikes, spikes_runs
from smoothing_tf.data.datasets import DATASETS
from smoothing_tf.models import MODELS, MADEConfig, build_model
from smoothing_tf.models.trained import Trained
from smoothing_tf.serving import export_saved_model
from smoothing_tf.smoothing import SMOOTHINGS, Gaussian, Smoothing, make_smoothing
from tests.testing.canned_cells import CannedCells
from tests.testing.smoothing_contract import SmoothingContract

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_OURS = ("smoothing_tf.", "experiments.", "components.", "pipeline.", "benchmarks.")
# Every absl command line has them, whether or not its help repeats them.
_ABSL_FLAGS = {"flagfile", "help"}
_TRAIN = "smoothing_tf.train"


def _block(language: str, marker: str) -> str:
    """The README's one code block of a language that contains `marker`."""
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```", _README, re.DOTALL | re.MULTILINE
    )
    (block,) = (block for block in blocks if marker in block)
    return block


def _smoothing_example() -> type[Smoothing]:
    """The class of the README's smoothing distribution."""
    names = {"__name__": "readme"}
    exec(_block("python", "(Smoothing):"), names)
    (smoothing,) = (
        value
        for value in names.values()
        if isinstance(value, type) and value.__module__ == "readme"
    )
    return smoothing


def _commands() -> list[str]:
    """The lines of the README's shell blocks, continued lines joined, no comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", _README, re.DOTALL | re.MULTILINE)
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


def _run(module: str, *arguments: str, directory: pathlib.Path = _ROOT):
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=directory,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=200,
    )


def _help(module: str, directory: pathlib.Path = _ROOT) -> str:
    process = _run(module, "--help", directory=directory)
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


def _section(title: str) -> str:
    return re.search(rf"^## {title}\n(.*?)(?=^## )", _README, re.DOTALL | re.M)[1]


@pytest.mark.parametrize(
    ("section", "known"),
    [
        ("Data", DATASETS),
        ("The method", MODELS),
        ("The method", SMOOTHINGS),
        ("Results", EXPERIMENTS),
    ],
)
def test_all_choices_are_named(section, known):
    text = _section(section)
    assert [name for name in known if f"`{name}`" not in text] == []


def test_no_number_of_a_table_is_left_out():
    rows = re.findall(r"^\|(.*)\|$", _README, re.MULTILINE)
    cells = [cell.strip() for row in rows for cell in row.split("|")]
    assert cells
    assert [cell for cell in cells if cell in ("...", "\u2026", "?")] == []


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


class TestSmoothingOfTheReadme(SmoothingContract):
    smoothing = _smoothing_example()

    def test_it_is_had_by_its_name(self, monkeypatch):
        monkeypatch.setitem(SMOOTHINGS, "logistic", self.smoothing)
        config = types.SimpleNamespace(smoothing="logistic", noise_scale=0.3)
        assert make_smoothing(config).noise_scale == 0.3


@pytest.fixture(scope="module")
def tree_with_logistic(tmp_path_factory) -> pathlib.Path:
    """The library with the file and the two lines of the README's example."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(_ROOT / "smoothing_tf", root / "smoothing_tf")
    package = root / "smoothing_tf" / "smoothing"
    (package / "logistic.py").write_text(_block("python", "(Smoothing):"))
    lines = _block("diff", "SMOOTHINGS").splitlines()
    import_line, dict_line = (line[1:] for line in lines if line.startswith("+"))
    start = "SMOOTHINGS = {\n"
    text = (package / "__init__.py").read_text()
    assert text.count(start) == 1
    text = text.replace(start, f"{import_line}\n\n{start}{dict_line}\n")
    (package / "__init__.py").write_text(text)
    return root


def test_the_two_lines_of_the_readme_make_a_flag(tree_with_logistic):
    choices = re.search(
        r"--smoothing .*?One of: ([\w,\s]*)\.", _help(_TRAIN, tree_with_logistic), re.S
    )
    assert set(re.split(r",\s+", choices[1])) == {*SMOOTHINGS, "logistic"}


def test_a_model_is_trained_with_the_smoothing_of_the_readme(tree_with_logistic):
    flags = (
        *("--dataset=rings", "--model=made", "--hidden_units=8", "--num_mixtures=2"),
        *("--smoothing=logistic", "--noise_scale=0.3", "--num_steps=2"),
        *("--batch_size=16", "--max_validation_examples=20", "--workdir=run"),
    )
    process = _run(_TRAIN, *flags, directory=tree_with_logistic)
    assert process.returncode == 0, process.stderr
    assert (tree_with_logistic / "run" / "reverse").is_dir()
    resolved = (tree_with_logistic / "run" / "flags.cfg").read_text()
    assert "--smoothing=logistic\n" in resolved


@pytest.fixture
def with_logistic(monkeypatch):
    monkeypatch.setitem(SMOOTHINGS, "logistic", _smoothing_example())


@pytest.mark.usefixtures("with_logistic")
def test_the_theory_holds_for_the_smoothing_of_the_readme(tmp_path, monkeypatch):
    triangle = theorem1.densities()["triangle"]
    monkeypatch.setattr(theorem1, "densities", lambda: {"triangle": triangle})
    for experiment in (theorem1, proposition1):
        table = experiment.run(Job(tmp_path, quick=True)).tables["table"]
        assert {row["kernel"] for row in table.rows} == set(SMOOTHINGS)
        assert all(criterion.holds for criterion in table.criteria)


@pytest.mark.usefixtures("with_logistic")
def test_the_smoothing_of_the_readme_takes_part_in_the_spikes(tmp_path):
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


def test_the_test_of_the_readme_collects_the_contract():
    names = {"__name__": "readme"}
    block = _block("python", "(SmoothingContract):")
    # Its first line needs the file that the reader writes.
    exec(block.split("\n", 1)[1], names | {"Logistic": _smoothing_example()}, names)
    assert issubclass(names["TestLogistic"], SmoothingContract)
    assert names["TestLogistic"].smoothing.__name__ == "Logistic"


def test_the_client_of_the_readme_runs(tmp_path):
    models = {
        stage: build_model(
            "made",
            MADEConfig(hidden_units=(8,), num_mixtures=2),
            stage=stage,
            event_shape=(8, 8, 1),
            num_levels=17,
        )
        for stage in ("smoothed", "reverse")
    }
    trained = Trained(smoothing=Gaussian(0.3), num_levels=17, **models)
    directory = tmp_path / "runs/models/digits/1"
    export_saved_model(trained, directory)
    client = _block("python", "saved_model.load")
    path, names = "runs/models/digits/1", {}
    assert path in client
    exec(client.replace(path, str(directory)), names)
    assert f"{names['images'].dtype} {list(names['images'].shape)}" in client
    table = _README[_README.index("## Serving") :]
    for name in names["model"].signatures:
        assert f"`{name}`" in table, name
