"""Publishes a model as the next version that a serving process loads."""

import contextlib
import errno
import fcntl
import filecmp
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

from components.push.durability import check_durable
from components.runner_watch import check_runner
from smoothing_tf import artifacts
from smoothing_tf.serving.layout import next_version, versions

# Prefix of unfinished copies. Servers ignore names that are not numbers.
_STAGING = ".push.tmp-"


def run(*, model_dir: artifacts.Path, push_dir: artifacts.Path) -> str:
    """Copies a SavedModel to <push_dir>/<next integer version>/.

    A server sees either no such version or the complete one. When the newest version is
    already this model, nothing is copied. Processes that push to the same directory at
    once wait for each other.

    Args:
      model_dir: the SavedModel.
      push_dir: base directory of the served model, made when missing; or gs://, see
        object_store.py.

    Returns:
      Path or URL of the version.

    Raises:
      FileNotFoundError: `model_dir` holds no SavedModel.
      NotADirectoryError: `push_dir` is below a regular file.
      RuntimeError: the runner of this node has ended.
      ValueError: on a cluster, `push_dir` would be lost with the pod.
    """
    model_dir = pathlib.Path(model_dir)
    if not (model_dir / artifacts.SAVED_MODEL_FILE).is_file():
        raise FileNotFoundError(
            f"`model_dir` must hold a SavedModel; {model_dir} has no saved_model.pb."
        )
    if "://" in str(push_dir):
        # TensorFlow takes seconds to import.
        from components.push import object_store

        return object_store.push(model_dir, str(push_dir))
    check_durable(push_dir)
    push_dir = artifacts.make_directory(push_dir)
    with _locked(push_dir):
        _remove_staged(push_dir)
        newest = versions(push_dir)[-1:]
        if newest and _same_files(model_dir, newest[0]):
            return str(newest[0])
        staged = pathlib.Path(tempfile.mkdtemp(prefix=_STAGING, dir=push_dir))
        try:
            # The model's permissions are copied as well.
            shutil.copytree(model_dir, staged, dirs_exist_ok=True)
            return str(_publish(staged, push_dir))
        finally:
            shutil.rmtree(staged, ignore_errors=True)


def remove_unfinished(push_dir: artifacts.Path) -> None:
    """Removes the unfinished copies of killed pushes, unless a push is running."""
    push_dir = pathlib.Path(push_dir)
    if any(push_dir.glob(f"{_STAGING}*")):
        with contextlib.suppress(BlockingIOError), _locked(push_dir, fcntl.LOCK_NB):
            _remove_staged(push_dir)


@contextlib.contextmanager
def _locked(push_dir: pathlib.Path, option: int = 0) -> Iterator[None]:
    """Waits until no other push uses the directory, and keeps others out.

    The lock is on the directory itself, so it leaves no file there, and it ends with
    the process.
    """
    handle = os.open(push_dir, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | option)
        yield
    finally:
        os.close(handle)


def _remove_staged(push_dir: pathlib.Path) -> None:
    """Removes unfinished copies. Call under the lock: then no push is writing them."""
    for path in push_dir.glob(f"{_STAGING}*"):
        shutil.rmtree(path)


def _publish(staged: pathlib.Path, push_dir: pathlib.Path) -> pathlib.Path:
    """Renames the complete copy to the next version."""
    while True:
        target = push_dir / str(next_version(push_dir))
        check_runner()
        try:
            # Exporting takes no lock. If it has just created this version, the rename
            # fails; try the next one.
            os.rename(staged, target)
            return target
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise


def find_pushed_version(
    model_dir: artifacts.Path, push_dir: artifacts.Path
) -> pathlib.Path | None:
    """Finds the newest version below `push_dir` that is the model, or None."""
    for version in reversed(versions(push_dir)):
        if _same_files(pathlib.Path(model_dir), version):
            return version
    return None


def _same_files(left: pathlib.Path, right: pathlib.Path) -> bool:
    names = _file_names(left)
    if names != _file_names(right):
        return False
    # Compares contents, not the times of the copies.
    _, differing, missing = filecmp.cmpfiles(left, right, names, shallow=False)
    return not differing and not missing


def _file_names(directory: pathlib.Path) -> list[str]:
    return sorted(
        os.path.relpath(path, directory)
        for path in directory.rglob("*")
        if path.is_file()
    )
