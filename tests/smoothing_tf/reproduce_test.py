"""The reproduce command writes the table and the figure of an experiment."""

import pytest
from absl import flags

from smoothing_tf import reproduce
from smoothing_tf.artifacts import read_json
from smoothing_tf.experiments.table import Table


def test_table_and_figure_are_written_and_shown(tmp_path, monkeypatch, capsys):
    def experiment(directory, *, quick):
        assert quick and directory == tmp_path
        return Table("Title", ("a",), ({"a": 1.5},)), b"\x89PNG"

    monkeypatch.setitem(reproduce.EXPERIMENTS, "digits", experiment)
    reproduce.main(["--experiment=digits", "--quick", f"--workdir={tmp_path}"])
    assert read_json(tmp_path / "table.json")["rows"] == [{"a": 1.5}]
    assert (tmp_path / "figure.png").read_bytes() == b"\x89PNG"
    assert "1.5000" in capsys.readouterr().out


def test_an_unknown_experiment_is_rejected_with_the_choices():
    with pytest.raises(flags.Error, match="`experiment` must be one of digits"):
        reproduce.main(["--experiment=nothing"])
