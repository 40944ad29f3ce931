"""The former command names the new one."""

import subprocess
import sys


def test_the_former_command_names_the_new_one():
    result = subprocess.run(
        [sys.executable, "-m", "smoothing_tf.reproduce", "--experiment=a b"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert "python -m experiments.reproduce '--experiment=a b'" in result.stderr
