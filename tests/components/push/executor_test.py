"""Pushing: complete versions, in order, never the same one twice."""

import os

import pytest

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
    assert executor.pushed_version(model, push_dir) is None
    first = executor.run(model_dir=model, push_dir=push_dir)
    executor.run(model_dir=write_model(tmp_path / "b", b"b"), push_dir=push_dir)
    assert str(executor.pushed_version(model, push_dir)) == first


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
    with pytest.raises(NotADirectoryError, match="lies below the file"):
        executor.run(model_dir=model, push_dir=tmp_path / "file" / "serving")
