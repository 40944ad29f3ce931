"""A worker that is lost ends the others with one line."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest

from tests.testing.command_lines import ROOT


def _start(index: int, addresses: list[str], directory: pathlib.Path):
    cluster = {
        "cluster": {"worker": addresses},
        "task": {"type": "worker", "index": index},
    }
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "smoothing_tf.train", "--dataset=rings"),
            *("--model=made", "--hidden_units=8", "--num_mixtures=2"),
            *("--noise_scale=0.3", "--num_steps=10000000", "--batch_size=8"),
            *("--checkpoint_every=100", "--stages=smoothed"),
            f"--workdir={directory / 'run'}",
        ],
        cwd=ROOT,
        env={**environment, "TF_CONFIG": json.dumps(cluster)},
        stderr=(directory / f"{index}.log").open("w"),
    )


@pytest.mark.large
@pytest.mark.parametrize("lost", [0, 1])
def test_the_other_worker_says_in_one_line_that_one_is_lost(tmp_path, lost):
    addresses = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            addresses.append(f"127.0.0.1:{free.getsockname()[1]}")
    workers = [_start(index, addresses, tmp_path) for index in range(2)]
    try:
        deadline = time.monotonic() + 240
        checkpoints = tmp_path / "run" / "smoothed" / "checkpoints"
        while not list(checkpoints.glob("ckpt-*.index")):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        workers[lost].kill()
        assert workers[1 - lost].wait(timeout=240) == 1
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    lines = (tmp_path / f"{1 - lost}.log").read_text().splitlines()
    # The progress bar is on a separate line.
    errors = [line for line in lines if line.startswith("error: ")]
    assert errors == lines[-1:], lines[-30:]
    assert errors[0].startswith(f"error: The worker {lost} of the cluster does not")
    assert not any("Traceback" in line for line in lines)
