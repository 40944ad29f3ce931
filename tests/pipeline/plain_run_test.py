"""kfp's engine as it is, for versions whose messages are not parsed."""

import subprocess
import sys
import warnings

import pytest

from pipeline.plain_run import NodeError, run_plainly
from smoothing_tf.checkout import ROOT
from tests.testing.inner_nodes import nodes_in_this_process
from tests.testing.small_pipeline import make_small


def test_without_a_log_kfp_prints_itself(small, capsys):
    scratch = small.root / "scratch"
    places = {"root": small.root, "scratch": scratch}
    with nodes_in_this_process(), pytest.warns(UserWarning, match="no effect"):
        run_plainly(make_small(), small.arguments(), **places)
    out = capsys.readouterr().out
    assert "Task \x1b[96m'check'\x1b[0m finished with status" in out
    with (
        nodes_in_this_process(),
        warnings.catch_warnings(),
        pytest.raises(
            NodeError, match=r"^Pipeline 'smoothing' finished .*: 'check'; kfp"
        ),
    ):
        warnings.simplefilter("ignore")
        run_plainly(make_small(), small.arguments(first="wrong"), **places)


def test_the_runner_starts_without_what_older_versions_lack():
    program = "import sys; sys.modules['kfp.local.cache'] = None"
    program += "; import pipeline.local_runner"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
