"""The Makefile works in a fresh clone."""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.skipif(shutil.which("make") is None, reason="There is no make.")
def test_clean_removes_byte_code_and_keeps_runs(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for package in ("smoothing_tf/data", "runs/digits"):
        (tmp_path / package / "__pycache__").mkdir(parents=True)
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)
    assert not (tmp_path / "smoothing_tf/data/__pycache__").exists()
    assert (tmp_path / "runs/digits/__pycache__").is_dir()
