"""Explains errors in the default directory of TensorFlow Datasets."""

import contextlib
import errno
from collections.abc import Iterator

import tensorflow_datasets as tfds

from smoothing_tf.os_errors import message_of_os_error

# Errors of an unusable directory: missing parents, no permission, no space.
_UNFIT = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM),
    *(errno.EROFS, errno.ENOSPC, errno.EDQUOT),
}


@contextlib.contextmanager
def explaining_default_directory(data_dir: str | None) -> Iterator[None]:
    """Adds an explanation to an error that occurs in the default directory.

    Args:
      data_dir: the directory that the user has named; None for the default one.

    Raises:
      OSError: the error raised inside, with the name of the flag that avoids it.
    """
    try:
        yield
    except OSError as error:
        cause = _machine_error(error)
        if data_dir is not None or cause is None:
            raise
        where = tfds.core.constants.DATA_DIR
        raise OSError(
            "The data set cannot be prepared in the default directory of TensorFlow"
            f" Datasets, {where}: {message_of_os_error(cause)} Choose another directory"
            " with --data_dir."
        ) from error


def _machine_error(error: BaseException | None) -> OSError | None:
    """Finds the operating system's error that caused an error, or None."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _UNFIT:
            return error
        error = error.__cause__
    return None
