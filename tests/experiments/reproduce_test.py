"""The reproduce command writes the tables, figures and the page of experiments."""

import types

import pytest
from absl import flags

from experiments import reproduce
from experiments.report.result import Result
from experiments.report.table import Criterion, Table
from smoothing_tf.artifacts import read_json


def experiment(run) -> types.SimpleNamespace:
    return types.SimpleNamespace(__doc__="A title.\n\nWhat it shows.", run=run)


def good(directory, *, quick, cells):
    assert quick
    criteria = (Criterion("big enough", 1.5, minimum=2.0),)
    table = Table("Title", ("a",), ({"a": 1.5},), criteria=criteria)
    return Result({"table": table}, {"figure": b"\x89PNG"}, {"figure": "A <caption>"})


def bad(directory, *, quick, cells):
    raise ValueError("it broke")


@pytest.fixture
def two_experiments(monkeypatch):
    experiments = {"one": experiment(good), "two": experiment(bad)}
    for name in list(reproduce.EXPERIMENTS):
        monkeypatch.delitem(reproduce.EXPERIMENTS, name)
    for name, value in experiments.items():
        monkeypatch.setitem(reproduce.EXPERIMENTS, name, value)


def test_tables_figures_and_a_page_are_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(reproduce.EXPERIMENTS, "digits", experiment(good))
    reproduce.main(["--experiment=digits", "--quick", f"--workdir={tmp_path}"])
    assert read_json(tmp_path / "table.json")["rows"] == [{"a": 1.5}]
    assert (tmp_path / "figure.png").read_bytes() == b"\x89PNG"
    output = capsys.readouterr().out
    assert "1.5000" in output and "FAILS: big enough" in output
    assert "its numbers and verdicts mean nothing" in output
    page = (tmp_path / "report.html").read_text()
    for part in ("A title.", "What it shows.", "1.5000", "A &lt;caption&gt;", "FAILS"):
        assert part in page
    assert "http" not in page


def test_one_failure_among_all_does_not_lose_the_others(tmp_path, two_experiments):
    with pytest.raises(RuntimeError, match="two: it broke"):
        reproduce.main(["--experiment=all", "--quick", f"--workdir={tmp_path}"])
    assert (tmp_path / "one" / "table.json").is_file()
    assert "two could not be run" in (tmp_path / "report.html").read_text()


def of_flags(directory, *, quick, flags):
    assert flags == ["--dataset=digits", "--seed=3"]
    return Result({"table": Table("Title", ("a",), ({"a": 1.5},))}, {}, {})


def test_an_experiment_of_a_configuration_gets_its_flags(tmp_path, monkeypatch):
    monkeypatch.setitem(reproduce.EXPERIMENTS, "columns", experiment(of_flags))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flags.cfg").write_text("--dataset=digits\n--seed=3\n")
    reproduce.main(["--experiment=columns", "--flagfile=flags.cfg"])
    assert (tmp_path / "runs/reproduce/columns-digits/table.json").is_file()


@pytest.mark.parametrize(
    "argv, error, message",
    [
        (["--experiment=columns"], ValueError, "must be given a configuration"),
        (
            ["--experiment=digits", "--num_filters=3"],
            ValueError,
            "must be given to .*columns.* only",
        ),
        (["--experiment=digits", "--quik"], flags.Error, "Unknown .* 'quik'"),
    ],
)
def test_flags_of_the_wrong_experiment_are_rejected(argv, error, message, tmp_path):
    with pytest.raises(error, match=message):
        reproduce.main([*argv, f"--workdir={tmp_path / 'run'}"])
    assert not (tmp_path / "run").exists()


def test_an_unknown_experiment_is_rejected_with_the_choices():
    with pytest.raises(flags.Error, match="`experiment` must be one of theorem1"):
        reproduce.main(["--experiment=nothing"])
