"""Errors of the operating system say which path, and what to do."""

import errno
import os

import pytest

from smoothing_tf.os_errors import message_of_os_error, message_of_tensorflow, naming


def error_of(number, *names):
    return OSError(number, os.strerror(number), *names)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (error_of(errno.EACCES, "/a"), "/a: Permission denied. Change its permissions"),
        (error_of(errno.EROFS, b"/a"), "/a: Read-only file system. Name a place on a"),
        (error_of(errno.ENOENT, "/a"), "/a: No such file or directory."),
        (error_of(errno.EISDIR, "/t", None, "/a"), "/a: Is a directory. Name a file."),
        (error_of(errno.EMFILE, 7), "Too many open files. Raise the limit"),
        (OSError("What to do."), "What to do."),
        (ConnectionError("`host` must answer."), "`host` must answer."),
    ],
)
def test_path_then_error_then_advice(error, message):
    assert message_of_os_error(error).startswith(message)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_an_error_of_tensorflow_keeps_path_and_reason(number):
    reason = f"/a; {os.strerror(number)}"
    text = f"{{{{function_node __wrapped__SaveV2_device_/CPU:0}}}} {reason} [Op:SaveV2]"
    message = message_of_tensorflow(text)
    assert message == message_of_os_error(
        error_of(number, reason.split(";")[0])
    ).replace(": ", "; ")
    assert message_of_tensorflow("Cannot say. [Op:SaveV2]\nx") == "Cannot say."


def test_a_path_is_added_where_there_is_none():
    with pytest.raises(OSError) as error, naming("/a"):
        raise error_of(errno.EDQUOT)
    assert (error.value.errno, error.value.filename) == (errno.EDQUOT, "/a")
    with pytest.raises(PermissionError) as error, naming("/a", "/a.tmp"):
        raise error_of(errno.EACCES, "/a.tmp")
    assert error.value.filename == "/a"


def test_other_errors_pass():
    own = OSError("What to do.")
    for raised in (own, error_of(errno.EACCES, "/b"), ValueError("x")):
        with pytest.raises(type(raised)) as error, naming("/a"):
            raise raised
        assert error.value is raised
