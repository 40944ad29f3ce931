"""The default directory of TensorFlow Datasets, which no user has named."""

import contextlib
import errno
from collections.abc import Iterator

import tensorflow_datasets as tfds

from smoothing_tf.os_errors import message_of_os_error

# What a directory can be unfit for: missing parents, no permission, no space.
_UNFIT = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM),
    *(errno.EROFS, errno.ENOSPC, errno.EDQUOT),
}


@contextlib.contextmanager
def explaining_default_directory(data_dir: str | None) -> Iterator[None]:
    """Says what the directory is where preparing a data set fails in the default one.

    Args:
      data_dir: what the user has named; None for the default directory.

    Raises:
      OSError: as raised inside, with the name of the flag that avoids it.
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
    """The error of the operating system behind an error, where there is one."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _UNFIT:
            return error
        error = error.__cause__
    return None
