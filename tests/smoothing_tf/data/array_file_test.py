"""Reading .npy and .npz files."""

import pickle
import zipfile

import numpy as np
import pytest

from smoothing_tf.data import array_file
from smoothing_tf.data.array_file import ArrayInFile, read_array_file


def _array(dtype="float32", shape=(5, 3)):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float32", ">f8", "uint8"])
def test_a_npy_file_is_mapped_and_not_read(tmp_path, dtype, order):
    x = np.asarray(_array(dtype), order=order)
    np.save(tmp_path / "x.npy", x)
    arrays = read_array_file(tmp_path / "x.npy")
    assert set(arrays) == {""} and isinstance(arrays[""], ArrayInFile)
    opened = arrays[""].open()
    assert isinstance(opened, np.memmap) and not opened.flags.writeable
    np.testing.assert_array_equal(opened, x)
    # Workers get the place of the values, not the values.
    pickled = pickle.dumps(arrays[""])
    assert len(pickled) < 500
    np.testing.assert_array_equal(pickle.loads(pickled).open(), x)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_arrays_of_a_npz_file_come_back(tmp_path, save):
    save(tmp_path / "x.npz", train=_array(), test=_array("uint8", (2, 4, 4)))
    arrays = read_array_file(tmp_path / "x.npz")
    assert set(arrays) == {"train", "test"}
    np.testing.assert_array_equal(arrays["train"], _array())
    np.testing.assert_array_equal(arrays["test"], _array("uint8", (2, 4, 4)))


def test_a_large_member_is_mapped(tmp_path, monkeypatch):
    monkeypatch.setattr(array_file, "_MIN_MAPPED_BYTES", 180)
    np.savez(tmp_path / "x.npz", a=_array(), b=_array("uint8", (300,)), c=_array("u1"))
    arrays = read_array_file(tmp_path / "x.npz")
    assert isinstance(arrays["c"], np.ndarray)
    for name in ("a", "b"):
        assert isinstance(arrays[name], ArrayInFile)
    np.testing.assert_array_equal(arrays["a"].open(), _array())
    np.testing.assert_array_equal(arrays["b"].open(), _array("uint8", (300,)))


def test_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    x = np.array([Trap()], dtype=object)
    np.save(tmp_path / "x.npy", x, allow_pickle=True)
    np.savez(tmp_path / "x.npz", train=x)
    for name in ("x.npy", "x.npz"):
        with pytest.raises(ValueError, match="holds Python objects .a pickle.") as e:
            read_array_file(tmp_path / name)
        assert "\n" not in str(e.value)


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("save, name", [(np.savez, "x.npz"), (np.save, "x.npy")])
def test_a_truncated_file_is_refused_at_any_length(
    tmp_path, monkeypatch, save, name, mapped
):
    if mapped:
        monkeypatch.setattr(array_file, "_MIN_MAPPED_BYTES", 1)
    save(tmp_path / name, _array())
    content = (tmp_path / name).read_bytes()
    for size in (3, 9, 40, len(content) // 2, len(content) - 1):
        (tmp_path / name).write_bytes(content[:size])
        with pytest.raises(ValueError) as error:
            read_array_file(tmp_path / name)
        assert name in str(error.value) and "\n" not in str(error.value)


def test_a_changed_byte_of_a_member_is_noticed(tmp_path):
    np.savez(tmp_path / "x.npz", train=_array())
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[content.index(_array().tobytes()) + 7] ^= 1
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ValueError, match="truncated or damaged .Bad CRC"):
        read_array_file(tmp_path / "x.npz")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent.npz does not exist"):
        read_array_file(tmp_path / "absent.npz")
    with pytest.raises(ValueError, match="is not a regular file"):
        read_array_file(tmp_path)
    for content, problem in ((b"", "is empty"), (b"a,b\n1,2\n", "is neither")):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(ValueError, match=problem):
            read_array_file(tmp_path / "file")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "text")
    with pytest.raises(ValueError, match="'readme.txt' .* is not an array"):
        read_array_file(tmp_path / "other.zip")
