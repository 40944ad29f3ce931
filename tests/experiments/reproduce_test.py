"""The reproduce command runs experiments and writes tables, figures and the page."""

import types

import pytest
from absl import flags

from experiments import reproduce
from experiments.report.table import Criterion, Result, Table
from smoothing_tf.artifacts import read_json

DESCRIPTION = "A title.\n\nWhat it shows."


def experiment(run, **needs):
    """An experiment whose module needs no import."""
    defaults = dict.fromkeys(("is_concurrent", "needs_config", "accepts_config"), False)
    defaults |= {"num_seeds": None}
    return types.SimpleNamespace(description=DESCRIPTION, run=run, **defaults | needs)


def succeed(job):
    assert job.quick
    criteria = (Criterion("big enough", 1.5, minimum=2.0),)
    table = Table("Title", ("a",), ({"a": 1.5},), criteria=criteria)
    return Result({"table": table}, {"figure": b"\x89PNG"}, {"figure": "A <caption>"})


def fail(job):
    raise ValueError("it broke")


@pytest.fixture
def two_experiments(monkeypatch):
    experiments = {
        "one": experiment(succeed, is_concurrent=True),
        "two": experiment(fail, is_concurrent=True),
    }
    for name in list(reproduce.EXPERIMENTS):
        monkeypatch.delitem(reproduce.EXPERIMENTS, name)
    for name, value in experiments.items():
        monkeypatch.setitem(reproduce.EXPERIMENTS, name, value)


def test_tables_figures_and_a_page_are_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(reproduce.EXPERIMENTS, "digits", experiment(succeed))
    reproduce.main(["--experiment=digits", "--quick", f"--workdir={tmp_path}"])
    assert read_json(tmp_path / "table.json")["rows"] == [{"a": 1.5}]
    assert (tmp_path / "figure.png").read_bytes() == b"\x89PNG"
    output = capsys.readouterr().out
    assert "1.5000" in output and "FAILS: big enough" in output
    assert "its numbers and verdicts are meaningless" in output
    page = (tmp_path / "report.html").read_text()
    for part in ("A title.", "What it shows.", "1.5000", "A &lt;caption&gt;", "FAILS"):
        assert part in page
    assert "http" not in page


def test_one_failure_among_all_does_not_lose_the_others(tmp_path, two_experiments):
    with pytest.raises(RuntimeError, match="two: it broke"):
        reproduce.main(["--experiment=all", "--quick", f"--workdir={tmp_path}"])
    assert (tmp_path / "one" / "table.json").is_file()
    assert "two failed" in (tmp_path / "report.html").read_text()


def check_flags(job):
    assert job.flags == ("--dataset=digits", "--seed=3")
    return Result({"table": Table("Title", ("a",), ({"a": 1.5},))}, {}, {})


def test_an_experiment_that_needs_a_configuration_gets_its_flags(tmp_path, monkeypatch):
    with_config = experiment(check_flags, needs_config=True)
    monkeypatch.setitem(reproduce.EXPERIMENTS, "columns", with_config)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flags.cfg").write_text("--dataset=digits\n--seed=3\n")
    reproduce.main(["--experiment=columns", "--flagfile=flags.cfg"])
    assert (tmp_path / "runs/reproduce/columns-digits/table.json").is_file()


@pytest.mark.parametrize(
    "argv, num_seeds", [([], 3), (["--quick"], 1), (["--num_seeds=2", "--quick"], 2)]
)
def test_the_number_of_seeds_is_three_one_or_as_given(
    tmp_path, monkeypatch, argv, num_seeds
):
    jobs = []

    def run(job):
        jobs.append(job)
        return Result({"table": Table("Title", ("a",), ({"a": 1.5},))}, {}, {})

    for name in ("digits", "compounding"):
        monkeypatch.setitem(
            reproduce.EXPERIMENTS,
            name,
            experiment(run, accepts_config=name == "compounding", num_seeds=3),
        )
    monkeypatch.chdir(tmp_path)
    for name in ("digits", "compounding"):
        reproduce.main([f"--experiment={name}", *argv])
    assert [job.num_seeds for job in jobs] == [num_seeds] * 2
    # The digits are trained once for both.
    assert jobs[1].digits_directory == jobs[0].directory == jobs[0].digits_directory


@pytest.mark.parametrize(
    "argv, error, message",
    [
        (["--experiment=columns"], ValueError, "needs a configuration"),
        (
            ["--experiment=digits", "--num_filters=3"],
            ValueError,
            "apply to .*columns.* only",
        ),
        (["--experiment=ring", "--num_seeds=2"], ValueError, "no effect on ring"),
        (["--experiment=digits", "--quik"], flags.Error, "Unknown .* 'quik'"),
    ],
)
def test_missing_and_misplaced_flags_are_rejected(argv, error, message, tmp_path):
    with pytest.raises(error, match=message):
        reproduce.main([*argv, f"--workdir={tmp_path / 'run'}"])
    assert not (tmp_path / "run").exists()


def test_an_unknown_experiment_is_rejected_with_a_list_of_choices():
    with pytest.raises(flags.Error, match="`experiment` must be one of theorem1"):
        reproduce.main(["--experiment=nothing"])
