"""Directories that the processes of one test run make once, for all of them."""

import fcntl
import os
import pathlib
from collections.abc import Callable


def shared_directory(
    tmp_path_factory, name: str, make: Callable[[pathlib.Path], object]
) -> pathlib.Path:
    """Makes a directory that tests only read, or takes that of another process.

    Args:
      tmp_path_factory: the fixture of pytest.
      name: name of the directory, unique in the test run.
      make: writes the directory; a directory that it leaves must be complete.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    directory = root / "shared" / name
    directory.parent.mkdir(exist_ok=True)
    with (directory.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            make(directory)
    return directory
