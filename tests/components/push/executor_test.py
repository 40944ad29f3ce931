"""Pushing publishes complete versions, in order, and never the same one twice."""

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys

import pytest

from components import runner_watch
from components.push import executor


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "model", b"weights")


def write_model(path, weights):
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"graph")
    (path / "variables" / "variables.index").write_bytes(weights)
    return path


def test_versions_count_up_and_hold_the_whole_model(model, tmp_path):
    other = write_model(tmp_path / "other", b"others!")
    push_dir = tmp_path / "serving"
    first = executor.run(model_dir=model, push_dir=push_dir)
    second = executor.run(model_dir=other, push_dir=push_dir)
    assert (first, second) == (str(push_dir / "1"), str(push_dir / "2"))
    assert (push_dir / "1/variables/variables.index").read_bytes() == b"weights"
    assert (push_dir / "2/variables/variables.index").read_bytes() == b"others!"


def test_versions_are_compared_as_numbers(model, tmp_path):
    for version in ("9", "10", "README"):
        (tmp_path / "serving" / version).mkdir(parents=True)
    pushed = executor.run(model_dir=model, push_dir=tmp_path / "serving")
    assert os.path.basename(pushed) == "11"


def test_the_newest_version_is_not_pushed_again(model, tmp_path):
    push_dir = tmp_path / "serving"
    first = executor.run(model_dir=model, push_dir=push_dir)
    assert executor.run(model_dir=model, push_dir=push_dir) == first
    assert os.listdir(push_dir) == ["1"]


def test_a_pushed_version_is_found_again(model, tmp_path):
    push_dir = tmp_path / "serving"
    assert executor.find_pushed_version(model, push_dir) is None
    first = executor.run(model_dir=model, push_dir=push_dir)
    executor.run(model_dir=write_model(tmp_path / "b", b"b"), push_dir=push_dir)
    assert str(executor.find_pushed_version(model, push_dir)) == first


def test_something_else_is_not_pushed(tmp_path):
    with pytest.raises(FileNotFoundError, match="must hold a SavedModel"):
        executor.run(model_dir=tmp_path, push_dir=tmp_path / "serving")
    assert not (tmp_path / "serving").exists()


def test_a_failed_copy_leaves_no_version(model, tmp_path, monkeypatch):
    def fail(source, target, **_):
        (target / "saved_model.pb").write_bytes(b"gra")
        raise OSError("disk full")

    monkeypatch.setattr(executor.shutil, "copytree", fail)
    with pytest.raises(OSError, match="disk full"):
        executor.run(model_dir=model, push_dir=tmp_path / "serving")
    assert os.listdir(tmp_path / "serving") == []


def test_a_push_directory_below_a_file_is_refused(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is below the file"):
        executor.run(model_dir=model, push_dir=tmp_path / "file" / "serving")


def test_a_push_leaves_nothing_but_versions(model, tmp_path):
    push_dir = tmp_path / "serving"
    executor.run(model_dir=model, push_dir=push_dir)
    assert os.listdir(push_dir) == ["1"]
    assert (push_dir / "1").stat().st_mode == model.stat().st_mode


def push_models(models, push_dir):
    return [executor.run(model_dir=model, push_dir=push_dir) for model in models]


def test_pushes_at_once_lose_and_halve_no_version(tmp_path):
    push_dir = tmp_path / "serving"
    models = {
        number: write_model(tmp_path / f"model{number}", bytes([number]) * 100_000)
        for number in range(24)
    }
    with concurrent.futures.ProcessPoolExecutor(
        4, mp_context=multiprocessing.get_context("fork")
    ) as pool:
        pushed = pool.map(
            push_models,
            [list(models.values())[worker::4] for worker in range(4)],
            [push_dir] * 4,
        )
        pushed = [version for versions in pushed for version in versions]
    assert sorted(map(int, map(os.path.basename, pushed))) == list(range(1, 25))
    weights = {
        (push_dir / version / "variables/variables.index").read_bytes()
        for version in os.listdir(push_dir)
    }
    assert weights == {bytes([number]) * 100_000 for number in models}


def test_a_version_that_appears_meanwhile_is_not_replaced(model, tmp_path, monkeypatch):
    push_dir = tmp_path / "serving"

    def export_another():
        # Exporting does not take the lock.
        if not (push_dir / "1").exists():
            write_model(push_dir / "1", b"another")

    monkeypatch.setattr(executor, "check_runner", export_another)
    assert executor.run(model_dir=model, push_dir=push_dir) == str(push_dir / "2")
    assert (push_dir / "1/variables/variables.index").read_bytes() == b"another"
    assert sorted(os.listdir(push_dir)) == ["1", "2"]


def test_nothing_is_published_once_the_runner_is_gone(model, tmp_path, monkeypatch):
    push_dir = tmp_path / "serving"
    monkeypatch.setenv(runner_watch.RUNNER_VARIABLE, f"{os.getpid()} 0")
    with pytest.raises(RuntimeError, match="nothing is published"):
        executor.run(model_dir=model, push_dir=push_dir)
    assert os.listdir(push_dir) == []


def test_what_a_killed_push_left_is_removed(model, tmp_path):
    push_dir = tmp_path / "serving"
    write_model(push_dir / ".push.tmp-abc_1234", b"half")
    executor.run(model_dir=model, push_dir=push_dir)
    assert os.listdir(push_dir) == ["1"]
    write_model(push_dir / ".push.tmp-abc_1234", b"half")
    executor.remove_unfinished(push_dir)
    assert os.listdir(push_dir) == ["1"]
    executor.remove_unfinished(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_what_a_push_under_way_has_copied_is_not_removed(tmp_path):
    push_dir = tmp_path / "serving"
    half = write_model(push_dir / ".push.tmp-abc_1234", b"half")
    code = (
        "import fcntl, os, sys, time; file = os.open(sys.argv[1], os.O_RDONLY);"
        " fcntl.flock(file, fcntl.LOCK_EX); print('locked', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(push_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        executor.remove_unfinished(push_dir)
        assert half.exists()
        other.kill()
    # The lock of a killed push ends with it.
    executor.remove_unfinished(push_dir)
    assert not half.exists()
