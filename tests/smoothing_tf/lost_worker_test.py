"""A worker that is lost ends the others with one line, and a restart continues."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest

from smoothing_tf.training.checkpoints import newest_step
from smoothing_tf.training.history import History
from tests.testing.command_lines import ROOT

# Detecting the loss of a process on the same machine; a machine that disappears from
# the network takes longer.
_MAX_SECONDS_TO_END = 30


def _start_all(directory: pathlib.Path, name: str, num_steps: int):
    """Starts two workers on free ports; their stderr is in NAME-INDEX.log."""
    addresses = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            addresses.append(f"127.0.0.1:{free.getsockname()[1]}")
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    workers = []
    for index in range(2):
        cluster = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": index},
        }
        workers.append(
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "smoothing_tf.train", "--dataset=rings"),
                    *("--model=made", "--hidden_units=8", "--num_mixtures=2"),
                    *("--noise_scale=0.3", f"--num_steps={num_steps}"),
                    *("--batch_size=8", "--checkpoint_every=100", "--stages=smoothed"),
                    f"--workdir={directory / 'run'}",
                ],
                cwd=ROOT,
                env={**environment, "TF_CONFIG": json.dumps(cluster)},
                stderr=(directory / f"{name}-{index}.log").open("w"),
            )
        )
    return workers


def _kill_all(workers):
    for worker in workers:
        worker.kill()
        worker.wait()


@pytest.mark.large
@pytest.mark.timeout(900)
@pytest.mark.parametrize("lost", [0, 1])
def test_the_other_worker_ends_soon_with_one_line_and_both_resume(tmp_path, lost):
    stage = tmp_path / "run" / "smoothed"
    workers = _start_all(tmp_path, "first", num_steps=10_000_000)
    try:
        deadline = time.monotonic() + 400
        while newest_step(stage) is None:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        workers[lost].kill()
        assert workers[1 - lost].wait(timeout=_MAX_SECONDS_TO_END) == 1
    finally:
        _kill_all(workers)
    lines = (tmp_path / f"first-{1 - lost}.log").read_text().splitlines()
    # The progress bar is on a separate line.
    errors = [line for line in lines if line.startswith("error: ")]
    assert errors == lines[-1:], lines[-30:]
    assert errors[0].startswith(f"error: The worker {lost} of the cluster no longer")
    assert not any("Traceback" in line for line in lines)

    step = newest_step(stage)
    rows = [row for row in History(stage).rows() if row["step"] <= step]
    workers = _start_all(tmp_path, "second", num_steps=step + 100)
    try:
        assert [worker.wait(timeout=400) for worker in workers] == [0, 0]
    finally:
        _kill_all(workers)
    assert f" {step}/{step + 100} [" in (tmp_path / "second-0.log").read_text()
    assert newest_step(stage) == step + 100
    assert History(stage).rows()[: len(rows)] == rows
