"""Training in separate processes: killed at random, and two in one directory."""

import collections
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.training.checkpoints import newest_step
from smoothing_tf.training.history import History
from tests.testing.command_lines import ROOT

pytestmark = [pytest.mark.large, pytest.mark.timeout(3600)]

NUM_KILLS = 20
NUM_STEPS = 1000
FLAGS = (
    *("--dataset=folder", "--model=made", "--hidden_units=16", "--num_mixtures=2"),
    *("--batch_size=4", f"--num_steps={NUM_STEPS}", "--steps_per_call=7"),
    *("--log_every=40", "--validate_every=300", "--checkpoint_every=50"),
    "--sample_every=700",
)
STAGES = ("smoothed", "reverse")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def start(*arguments):
    command = [sys.executable, "-m", "smoothing_tf.train", *map(str, arguments)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        # As in a user's shell; the tests set another log level.
        env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def variables_of(directory):
    """Reads every variable of the newest checkpoint of a stage."""
    reader = tf.train.load_checkpoint(directory / "checkpoints")
    names = reader.get_variable_to_shape_map()
    return {n: reader.get_tensor(n) for n in names if "OBJECT_GRAPH" not in n}


def files_of(directory):
    """Lists relative names of files, without numbers of checkpoints and events."""
    return {
        re.sub(r"ckpt-\d+", "ckpt-N", str(path.relative_to(directory)))
        for path in directory.rglob("*")
        if path.is_file() and path.parent.name != "tensorboard"
    }


def assert_no_process_of(session):
    with pytest.raises(ProcessLookupError):
        os.killpg(session, 0)


def kill_until_done(workdir, flags, seconds, generator, signals):
    """Runs to the end in spite of signals; returns (signal, status, when) of each."""
    kills = []
    while True:
        process = start(*flags, f"--workdir={workdir}")
        moment = generator.uniform(0.3, 1.05) * seconds
        try:
            _, errors = process.communicate(timeout=moment)
            assert process.returncode == 0, errors
            return kills
        except subprocess.TimeoutExpired:
            number = next(signals)
            process.send_signal(number)
            _, errors = process.communicate(timeout=120)
            when = "in training" if "step/s" in errors else "before training"
            if newest_step(workdir / STAGES[-1]) == NUM_STEPS:
                when = "at the end"  # Maybe in Python's own shutdown.
            kills.append((number.name, process.returncode, when))
            print(f"{moment:.1f} s:", *kills[-1], flush=True)
            assert_no_process_of(process.pid)
        finally:
            process.kill()


def test_killed_runs_end_as_one_that_was_not(tmp_path, make_folder):
    flags = (*FLAGS, f"--data_dir={make_folder(tmp_path / 'data')}")
    whole = tmp_path / "whole"
    begin = time.monotonic()
    process = start(*flags, f"--workdir={whole}")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    seconds = time.monotonic() - begin

    seed = random.SystemRandom().randrange(2**32)
    generator = random.Random(seed)
    print(f"seed {seed}, {seconds:.1f} s without a kill")
    kills, runs, signals = [], 0, itertools.cycle(SIGNALS)
    while len(kills) < NUM_KILLS:
        workdir = tmp_path / f"run{runs}"
        kills += kill_until_done(workdir, flags, seconds, generator, signals)
        runs += 1
        for stage in STAGES:
            expected = variables_of(whole / stage)
            found = variables_of(workdir / stage)
            assert found.keys() == expected.keys()
            for name, value in expected.items():
                np.testing.assert_array_equal(found[name], value, err_msg=name)
            rows = [History(d / stage).path.read_bytes() for d in (whole, workdir)]
            assert rows[0] == rows[1]
        assert files_of(workdir) == files_of(whole)
    for (name, status, when), count in sorted(collections.Counter(kills).items()):
        print(f"{name} {when}: status {status}, {count} times")
    print(f"{len(kills)} kills, {runs} runs, all equal to the uninterrupted one.")
    expected = {"SIGKILL": -signal.SIGKILL, "SIGTERM": 143, "SIGINT": 130}
    for name, status, when in kills:
        assert when != "in training" or status == expected[name]


@pytest.mark.parametrize("differs", [False, True])
def test_of_two_at_once_one_trains_and_the_other_says_why_not(
    tmp_path, make_folder, differs
):
    data = make_folder(tmp_path / "data")
    flags = (*FLAGS, f"--data_dir={data}", f"--workdir={tmp_path / 'run'}")
    scales = (0.4, 0.5 if differs else 0.4)
    processes = [start(*flags, f"--noise_scale={scale}") for scale in scales]
    results = [
        (process.communicate()[1], process.returncode, scale)
        for process, scale in zip(processes, scales)
    ]
    results.sort(key=lambda result: result[1])
    (_, status, scale), (refusal, refused, _) = results
    assert status == 0 and refused == 1
    (line,) = refusal.splitlines()
    assert line.startswith("error: ") and "is in use by process" in line
    assert f"--noise_scale={scale}\n" in (tmp_path / "run" / "flags.cfg").read_text()
    for stage in STAGES:
        steps = [row["step"] for row in History(tmp_path / "run" / stage).rows()]
        assert steps == sorted(set(steps)) and steps[-1] == NUM_STEPS


def test_two_stages_train_at_once_in_one_directory(tmp_path, make_folder):
    data = make_folder(tmp_path / "data")
    flags = (*FLAGS, f"--data_dir={data}", f"--workdir={tmp_path / 'run'}")
    processes = [start(*flags, f"--stages={stage}") for stage in STAGES]
    for process in processes:
        errors = process.communicate()[1]
        assert process.returncode == 0, errors
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        *STAGES,
        "flags.cfg",
        "data.json",
    }
