"""Artifacts are written whole or not at all."""

import errno
import io
import os
import zipfile

import numpy as np
import pytest

from smoothing_tf import artifacts
from smoothing_tf.os_errors import message_of_os_error


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


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_umask_decides_who_may_read(tmp_path, umask):
    before = os.umask(umask)
    try:
        artifacts.write_text(tmp_path / "file", "text")
        with artifacts.atomic_directory(tmp_path / "directory"):
            pass
    finally:
        os.umask(before)
    for name, mode in (("file", 0o666), ("directory", 0o777)):
        assert (tmp_path / name).stat().st_mode & 0o777 == mode & ~umask


def test_an_error_without_a_path_gets_that_of_the_artifact(tmp_path):
    path = tmp_path / "file"
    for writing in (artifacts.atomic_file(path), artifacts.atomic_directory(path)):
        with pytest.raises(OSError, match="No space left on device: '.*/file'"):
            with writing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert os.listdir(tmp_path) == []
    path.mkdir()
    with pytest.raises(OSError) as error, artifacts.atomic_file(path):
        pass
    assert message_of_os_error(error.value) == f"{path}: Is a directory. Name a file."
    # An error that names another file is about that one.
    with pytest.raises(FileNotFoundError, match="'/no/such/file'"):
        with artifacts.atomic_file(tmp_path / "other"):
            open("/no/such/file")


def test_a_damaged_json_file_is_named(tmp_path):
    path = tmp_path / "a.json"
    for content in (b"", b'{"a": ', b"\xff\xfe{", b"[" * 100_000, b"{'a': 1}"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"^{path} does not hold JSON .* restore"):
            artifacts.read_json(path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="pipe is a pipe or a device; name a regular"):
        artifacts.read_json(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError, match="none.json"):
        artifacts.read_json(tmp_path / "none.json")


def _zipped(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, member in members.items():
            file.writestr(name, member)
    return content.getvalue()


def _npy(array):
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def test_arrays_are_read(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(3), b=np.array([True, False]))
    arrays = artifacts.read_npz(path, "images")
    assert list(arrays) == ["a", "b"]
    np.testing.assert_array_equal(arrays["a"], [0, 1, 2])


def test_a_file_that_holds_no_arrays_is_named(tmp_path):
    path = tmp_path / "a.npz"
    sound = _npy(np.arange(1000.0))
    encrypted = bytearray(_zipped({"a.npy": sound}))
    for signature, flag_offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + flag_offset] |= 1
    damaged = bytearray(_zipped({"a.npy": sound}))
    damaged[2000] ^= 0xFF
    cases = {
        "'notes.txt' is no array": _zipped({"a.npy": sound, "notes.txt": b"hello"}),
        "'__MACOSX/._a' is no array": _zipped({"__MACOSX/._a.npy": b"\0\5\x16\7"}),
        "'a' is an array of <U5": _zipped({"a.npy": _npy(np.array(["hello"]))}),
        "'a': Object arrays cannot be loaded when allow_pickle=False": _zipped(
            {"a.npy": _npy(np.array([{}], object))}
        ),
        "encrypted": bytes(encrypted),
        "Bad CRC-32": bytes(damaged),
        "got": _zipped({"a.npy": sound})[:-30],
        "it is empty": b"",
        "it is a .npy file; write its array with numpy.savez": sound,
        "it has another format": b"<html></html>",
    }
    for message, content in cases.items():
        path.write_bytes(content)
        with pytest.raises(ValueError) as error:
            artifacts.read_npz(path, "images", " A hint.")
        text = str(error.value)
        assert text.startswith("`--images` must be a readable .npz file"), text
        assert str(path) in text
        assert message in text and text.endswith(" A hint."), (message, text)
    for other, problem in ((tmp_path, "not a regular"), (tmp_path / "no", "not exist")):
        with pytest.raises(FileNotFoundError, match=problem):
            artifacts.read_npz(other, "images")
    with pytest.raises(ValueError, match=f"^{path} is truncated or damaged: .* rerun"):
        artifacts.read_kept_npz(path)
    with pytest.raises(FileNotFoundError, match="no is missing; rerun"):
        artifacts.read_kept_npz(tmp_path / "no")


def test_a_path_below_a_file_names_the_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"is below the file .*/file; name"):
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
