"""Artifacts are written whole or not at all."""

import os

import pytest

from smoothing_tf import artifacts


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with artifacts.atomic_file(path) as temporary:
        temporary.write_text("complete")
        assert not path.exists()
        assert temporary.suffix == ".txt"
    assert path.read_text() == "complete"
    assert os.listdir(path.parent) == ["file.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), artifacts.atomic_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


def test_a_directory_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "directory"
    with artifacts.atomic_directory(path) as temporary:
        (temporary / "a").write_text("a")
        assert not path.exists()
    assert os.listdir(tmp_path) == ["directory"]
    assert (path / "a").read_text() == "a"


def test_a_failure_leaves_no_directory(tmp_path):
    with (
        pytest.raises(RuntimeError),
        artifacts.atomic_directory(tmp_path / "directory") as temporary,
    ):
        (temporary / "a").write_text("a")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_an_existing_directory_is_not_replaced(tmp_path):
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "precious").touch()
    with (
        pytest.raises(FileExistsError, match="already exists; remove it"),
        artifacts.atomic_directory(tmp_path / "directory"),
    ):
        pass
    assert os.listdir(tmp_path / "directory") == ["precious"]


def test_a_path_below_a_file_names_the_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"lies below the file .*/file; name"):
        artifacts.make_directory(tmp_path / "file" / "deep" / "er")
    with pytest.raises(NotADirectoryError, match="/file is a file; name a directory"):
        artifacts.make_directory(tmp_path / "file")


def test_json_without_nan(tmp_path):
    path = tmp_path / "a.json"
    artifacts.write_json(path, {"a": [1.5, None]})
    assert artifacts.read_json(path) == {"a": [1.5, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        artifacts.write_json(path, {"a": float("nan")})
    assert artifacts.read_json(path) == {"a": [1.5, None]}


def test_a_directory_is_locked_for_one_at_a_time(tmp_path):
    with artifacts.locked(tmp_path):
        with (
            pytest.raises(
                BlockingIOError,
                match=f"{tmp_path} is in use by process {os.getpid()} on",
            ),
            artifacts.locked(tmp_path),
        ):
            raise AssertionError("unreachable")
    with artifacts.locked(tmp_path):
        pass
