"""Only evaluations of the same examples are compared."""

import numpy as np
import pytest

from smoothing_tf.evaluation.evaluated_run import read_runs
from tests.testing.evaluated_runs import write_run


def test_runs_have_short_names_and_flags_without_places(tmp_path):
    first = write_run(tmp_path / "a" / "wide")
    second = write_run(tmp_path / "a" / "deep", flags={"seed": "1"})
    runs = read_runs([first, f"{second}/evaluation"])
    assert [run.name for run in runs] == ["wide", "deep/evaluation"]
    assert runs[1].flags["seed"] == "1"
    assert "data_dir" not in runs[0].flags
    assert runs[0].split == "test"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"digest": "ef" * 32}, "another SHA-256 of them than .*, efefefefefef and ab"),
        ({"flags": {"split": "train"}}, "another split than .*, train and test"),
        ({"flags": {"num_levels": "2"}, "digest": None}, "another --num_levels than"),
        ({"scores": np.ones(3)}, "another number of examples than .*, 3 and 4"),
        ({"index": np.arange(1, 5)}, "another choice of examples than"),
    ],
)
def test_other_examples_are_refused(tmp_path, changes, message):
    first = write_run(tmp_path / "first")
    other = write_run(tmp_path / "other", **changes)
    with pytest.raises(ValueError, match=message):
        read_runs([first, other])


def test_what_is_no_evaluation_is_refused(tmp_path):
    first = write_run(tmp_path / "first")
    with pytest.raises(ValueError, match="`compare` must name at least two runs; got"):
        read_runs([first])
    with pytest.raises(ValueError, match="must name each run once"):
        read_runs([first, f"{first}/evaluation"])
    with pytest.raises(FileNotFoundError, match="There is no evaluation in .*/nowhere"):
        read_runs([first, str(tmp_path / "nowhere")])
    (tmp_path / "first" / "evaluation" / "per_image.npz").unlink()
    with pytest.raises(FileNotFoundError, match="is not complete"):
        read_runs([first, write_run(tmp_path / "other")])
