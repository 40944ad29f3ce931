"""Reading IDX files."""

import gzip
import struct

import numpy as np
import pytest

from smoothing_tf.data.idx_file import find_idx_file, read_idx_file

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def idx_bytes(x: np.ndarray) -> bytes:
    """The content of an IDX file of bytes."""
    return struct.pack(f">HBB{x.ndim}I", 0, 8, x.ndim, *x.shape) + x.tobytes()


# Without the time, which would be in the names of tests and differ between processes.
COMPRESSED = gzip.compress(idx_bytes(IMAGES), mtime=0)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_the_array_comes_back(tmp_path, compress):
    (tmp_path / "x").write_bytes(compress(idx_bytes(IMAGES)))
    np.testing.assert_array_equal(read_idx_file(tmp_path / "x", 3), IMAGES)


@pytest.mark.parametrize(
    "content, problem",
    [
        (b"", "begins with 00000803; got an empty file"),
        (idx_bytes(IMAGES[0]), "with 3 axes, which begins with 00000803; got 00000802"),
        (b"\0\0\x0d\3" + bytes(12), "got 00000d03"),
        (idx_bytes(IMAGES)[:10], "is truncated; copy"),
        (idx_bytes(IMAGES)[:-1], "is truncated: its header says 24 values, 2 x 3 x 4"),
        (idx_bytes(IMAGES) + b"1", "is damaged: .* but it holds 25"),
        (COMPRESSED[:-9], "compressed file .* is truncated or d"),
        (COMPRESSED[:-4] + b"abcd", "truncated or damaged .In"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, content, problem):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=problem) as error:
        read_idx_file(tmp_path / "file", 3)
    assert "\n" not in str(error.value)


def test_a_file_is_found_with_and_without_its_suffix(tmp_path):
    assert find_idx_file(tmp_path, "x") is None
    (tmp_path / "x").touch()
    assert find_idx_file(tmp_path, "x") == tmp_path / "x"
    (tmp_path / "x.gz").touch()
    assert find_idx_file(tmp_path, "x") == tmp_path / "x.gz"
