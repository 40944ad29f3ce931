"""Flagfiles as users write and damage them: read, or one line that names the place."""

import os

import pytest

from smoothing_tf import config
from smoothing_tf.config.flagfiles import expand_flagfiles, read_flagfile


def write(tmp_path, content: bytes, name="a.cfg"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"--seed=3\n--model=made\n",
        b"--seed=3\r\n--model=made\r\n",
        b"--seed=3\r--model=made",
        b"\xef\xbb\xbf--seed=3\n--model=made\n",
        b"# A comment.\n// Another.\n\n  --seed=3  \n\t--model=made\t\n",
        "# Gr\u00f6\u00dfe \u2028 of it\n--seed=3\n--model=made\n".encode(),
    ],
)
def test_flags_are_read_whatever_wrote_the_file(tmp_path, content):
    path = write(tmp_path, content)
    assert read_flagfile(path) == ["--seed=3", "--model=made"]
    assert config.parse([f"--flagfile={path}"]).seed == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# Gr\xf6\xdfe\n--model=made\n", "line 1: the byte 0xf6 is not UTF-8"),
        (b"--seed=3\n\n--data_dir=\xff\n", "line 3: the byte 0xff is not UTF-8"),
        ("--seed=3\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        ("--seed=3\n".encode("utf-32"), "is UTF-32; save it as UTF-8"),
        (b"\xfe\xff\x00-\x00-", "is UTF-16; save it as UTF-8"),
        ("--seed=3\n".encode("utf-16-le"), "is not text: it holds NUL bytes"),
        (b"\x7fELF\x02\x00\x01", "is not text: it holds NUL bytes"),
        (
            b"--seed=3\n--data_dir=\x1b[31m\n",
            "line 2: found the control character '\\x1b'",
        ),
        ("--data_dir=a\u2028--seed=3".encode(), "line 1: found the control character"),
        (b'{"step": 6}\n', "line 1: must be a flag --name=value, or a comment that"),
        (b"--seed=3\nmodel=made\n", "line 2: must be a flag --name=value"),
        (b"-" * (2**20 + 1), "has 1048577 bytes, more than the 1048576"),
    ],
)
def test_a_file_that_is_not_a_flagfile_is_named(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(ValueError) as error:
        config.parse([f"--flagfile={path}"])
    assert str(error.value).startswith(str(path)), error.value
    assert message in str(error.value)
    assert "\n" not in str(error.value) and "\x1b" not in str(error.value)


def test_what_cannot_be_opened_is_named_and_nothing_hangs(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no flagfile '.*none.cfg'"):
        config.parse([f"--flagfile={tmp_path / 'none.cfg'}"])
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        config.parse([f"--flagfile={tmp_path}"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="pipe is a pipe or a device"):
        config.parse([f"--flagfile={tmp_path / 'pipe'}"])
    with pytest.raises(OSError, match="/dev/zero is a pipe or a device"):
        config.parse(["--flagfile=/dev/zero"])
    with pytest.raises(ValueError, match="must name a file; got none"):
        config.parse(["--flagfile"])


def test_a_pipe_of_the_shell_is_read():
    reader, writer = os.pipe()
    os.write(writer, b"--seed=5\n")
    os.close(writer)
    assert config.parse([f"--flagfile=/dev/fd/{reader}"]).seed == 5
    os.close(reader)
    assert expand_flagfiles([f"--flagfile={os.devnull}"]) == []


def test_flagfiles_expand_where_they_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path, b"--c=3\n--flagfile=~/c.cfg\n--e=5\n", "b.cfg")
    write(tmp_path, b"--d=4\n", "c.cfg")
    expected = ["--a=1", "--c=3", "--d=4", "--e=5", "--f=6"]
    for named in (["--flagfile=b.cfg"], ["--flagfile", "b.cfg"], ["-flagfile=~/b.cfg"]):
        assert expand_flagfiles(["--a=1", *named, "--f=6"]) == expected
    # After "--" there are no flags; "--flagfiles" is another one.
    untouched = ["--flagfiles=b.cfg", "--", "--flagfile=b.cfg"]
    assert expand_flagfiles(untouched) == untouched
    twice = ["--flagfile=c.cfg", "--flagfile=c.cfg"]
    assert expand_flagfiles(twice) == ["--d=4", "--d=4"]


def test_a_flagfile_that_names_itself_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, b"--flagfile=b.cfg\n", "a.cfg")
    write(tmp_path, b"--flagfile=./a.cfg\n", "b.cfg")
    with pytest.raises(ValueError, match="a.cfg includes itself"):
        expand_flagfiles(["--flagfile=a.cfg"])
