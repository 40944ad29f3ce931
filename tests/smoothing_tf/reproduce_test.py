"""The former command names the new one."""

import sys

import pytest

from smoothing_tf import reproduce


def test_the_former_command_names_the_new_one(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["reproduce", "--experiment=a b"])
    with pytest.raises(SystemExit) as status:
        reproduce.main()
    assert status.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "python -m experiments.reproduce '--experiment=a b'" in printed.err
