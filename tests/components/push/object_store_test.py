"""Pushing to an object store: whole versions, checked, in order; tried on ram://."""

import concurrent.futures
import os
import threading
import uuid

import pytest
import tensorflow as tf

from components import runner_watch
from components.push import executor, object_store

gfile = tf.io.gfile


@pytest.fixture(params=["as a disk", "as gs"])
def push_dir(request, monkeypatch):
    """A directory of the store, empty, listed as a disk or as gs:// lists it."""
    monkeypatch.setattr(object_store, "SCHEMES", ("ram",))
    monkeypatch.setattr(object_store, "_MAX_PAUSE_SECONDS", 0.02)
    list_plainly = gfile.listdir

    def list_with_slashes(directory):
        names = list_plainly(directory)
        return [f"{n}/" if gfile.isdir(f"{directory}/{n}") else n for n in names]

    if request.param == "as gs":
        monkeypatch.setattr(gfile, "listdir", list_with_slashes)
    directory = f"ram://bucket/{uuid.uuid4()}"
    yield directory
    if gfile.exists(directory):
        gfile.rmtree(directory)


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "model", b"weights")


def write_model(path, weights):
    (path / "variables").mkdir(parents=True)
    (path / "assets").mkdir()
    (path / "saved_model.pb").write_bytes(b"graph")
    (path / "variables" / "variables.index").write_bytes(b"index")
    (path / "variables" / "variables.data").write_bytes(weights)
    return path


def push(model, push_dir):
    return executor.run(model_dir=model, push_dir=push_dir)


def listed(push_dir):
    return sorted(name.rstrip("/") for name in gfile.listdir(push_dir))


def read(path):
    with gfile.GFile(path, "rb") as file:
        return file.read()


@pytest.fixture
def writes(monkeypatch):
    """What happens to files of the store: ("wb" or "rb", name)."""
    happened = []
    real = gfile.GFile

    def opened(path, mode):
        if path.startswith("ram://"):
            happened.append((mode, os.path.basename(path)))
        return real(path, mode)

    monkeypatch.setattr(gfile, "GFile", opened)
    return happened


def test_versions_count_up_and_hold_the_whole_model(model, tmp_path, push_dir):
    other = write_model(tmp_path / "other", b"others!")
    assert push(model, push_dir) == f"{push_dir}/1"
    assert push(other, push_dir) == f"{push_dir}/2"
    assert listed(push_dir) == ["1", "2"]
    assert read(f"{push_dir}/1/variables/variables.data") == b"weights"
    assert read(f"{push_dir}/2/variables/variables.data") == b"others!"
    assert read(f"{push_dir}/2/saved_model.pb") == b"graph"


def test_a_slash_at_the_end_makes_no_difference(model, push_dir):
    assert push(model, f"{push_dir}/") == f"{push_dir}/1"


def test_the_newest_version_is_not_pushed_again(model, tmp_path, push_dir):
    first = push(model, push_dir)
    assert push(model, push_dir) == first
    assert listed(push_dir) == ["1"]
    push(write_model(tmp_path / "other", b"others!"), push_dir)
    # As on a disk, only the newest one counts.
    assert push(model, push_dir) == f"{push_dir}/3"


@pytest.mark.parametrize("weights", [b"weighty", b"weight", b""])
def test_a_version_that_differs_is_not_the_same_model(
    model, tmp_path, push_dir, weights
):
    push(write_model(tmp_path / "other", weights), push_dir)
    assert push(model, push_dir) == f"{push_dir}/2"


def test_an_unfinished_version_is_left_alone(model, push_dir):
    gfile.makedirs(f"{push_dir}/4/variables")
    with gfile.GFile(f"{push_dir}/4/variables/variables.data", "wb") as file:
        file.write(b"weights")
    assert push(model, push_dir) == f"{push_dir}/5"
    assert not gfile.exists(f"{push_dir}/4/saved_model.pb")


def test_the_graph_comes_last_when_all_else_was_read_back(model, push_dir, writes):
    push(model, push_dir)
    files = [(mode, name) for mode, name in writes if not name.startswith(".push")]
    graph = files.index(("wb", "saved_model.pb"))
    assert set(files[:graph]) == {
        (mode, name)
        for mode in ("wb", "rb")
        for name in ("variables.data", "variables.index")
    }
    assert files[graph:] == [("wb", "saved_model.pb"), ("rb", "saved_model.pb")]


@pytest.mark.parametrize("name", ["variables.index", "saved_model.pb"])
def test_a_file_that_was_not_stored_as_it_is_publishes_nothing(
    model, push_dir, monkeypatch, name
):
    real = object_store._write

    def write_wrongly(source, target):
        real(source, target)
        if target.endswith(name):
            with gfile.GFile(target, "wb") as file:
                file.write(bytes(source.stat().st_size))

    monkeypatch.setattr(object_store, "_write", write_wrongly)
    with pytest.raises(OSError, match=f"{name} does not hold what was written"):
        push(model, push_dir)
    assert listed(push_dir) == []


@pytest.mark.parametrize("stop_at", range(1, 4))
def test_an_interrupted_push_leaves_no_version(model, push_dir, monkeypatch, stop_at):
    written = []
    real = object_store._write

    def write_until(source, target):
        written.append(target)
        if len(written) == stop_at:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(object_store, "_write", write_until)
    with pytest.raises(KeyboardInterrupt):
        push(model, push_dir)
    assert listed(push_dir) == []


def test_a_push_whose_runner_has_ended_publishes_nothing(model, push_dir, monkeypatch):
    monkeypatch.setattr(runner_watch, "runner_is_gone", lambda: True)
    with pytest.raises(RuntimeError, match="nothing is published"):
        push(model, push_dir)
    assert listed(push_dir) == []


def test_the_claim_of_a_killed_push_costs_a_number(model, push_dir):
    gfile.makedirs(push_dir)
    with gfile.GFile(f"{push_dir}/.push.tmp-7-0123", "wb") as file:
        file.write(b"")
    assert push(model, push_dir) == f"{push_dir}/8"


def test_pushes_at_once_write_different_versions(tmp_path, push_dir, monkeypatch):
    # All of them choose a number before any of them has claimed it.
    barrier = threading.Barrier(4)
    real = object_store._names
    calls = threading.local()

    def list_together(directory):
        names = real(directory)
        calls.number = getattr(calls, "number", 0) + 1
        # The first call looks for the newest version, the second for a number.
        if calls.number == 2:
            barrier.wait(10)
        return names

    models = [write_model(tmp_path / str(i), bytes([i]) * 9) for i in range(4)]
    gfile.makedirs(push_dir)
    monkeypatch.setattr(object_store, "_names", list_together)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(lambda model: push(model, push_dir), models))
    assert len(set(versions)) == 4
    for number, version in enumerate(versions):
        assert read(f"{version}/variables/variables.data") == bytes([number]) * 9
        assert gfile.exists(f"{version}/saved_model.pb")
    assert sorted(versions) == [f"{push_dir}/{name}" for name in listed(push_dir)]


def test_pushes_that_are_always_in_the_way_end(model, push_dir, monkeypatch):
    monkeypatch.setattr(object_store, "_MAX_CLAIMS", 2)
    real = object_store._names
    calls = []

    def list_with_a_rival(directory):
        names = real(directory)
        calls.append(directory)
        ours = [name for name in names if name.startswith(".push")]
        return [*names, *(f"{name[:-1]}x" for name in ours)]

    monkeypatch.setattr(object_store, "_names", list_with_a_rival)
    with pytest.raises(RuntimeError, match="were in the way 2 times"):
        push(model, push_dir)
    assert real(push_dir) == []


@pytest.mark.parametrize("push_dir", ["s3://bucket/models", "ram://bucket/models"])
def test_a_store_that_would_lose_the_model_is_refused(model, push_dir):
    with pytest.raises(ValueError, match="must be a directory or one of gs://; got"):
        push(model, push_dir)


def test_something_else_is_not_pushed(tmp_path, push_dir):
    with pytest.raises(FileNotFoundError, match="must hold a SavedModel"):
        push(tmp_path, push_dir)
    assert not gfile.exists(push_dir)


def test_the_file_systems_that_are_allowed_exist():
    assert set(object_store.SCHEMES) <= set(gfile.get_registered_schemes())
