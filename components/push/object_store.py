"""Publishes a model in an object store, through TensorFlow's file systems.

An object store has no atomic renaming and no locks. A version is therefore written file
by file, with saved_model.pb last, because without this file a directory is no model;
and pushes at the same time keep apart by claims, objects that name the version that
each is going to write.
"""

import pathlib
import random
import secrets
import time
from collections.abc import Iterator

import tensorflow as tf

from components.runner_watch import check_runner
from smoothing_tf import artifacts

# Of the file systems of TensorFlow, those that outlive the process.
SCHEMES = ("gs",)
# Servers ignore names that are not numbers.
_CLAIM = ".push.tmp-"
_MAX_CLAIMS = 20
_MAX_PAUSE_SECONDS = 1.0
_CHUNK_BYTES = 1 << 24


def push(model_dir: pathlib.Path, push_dir: str) -> str:
    """Copies a SavedModel to <push_dir>/<next integer version>/.

    Every file is read back and compared, all of them before saved_model.pb is written.
    When the newest version is already this model, nothing is copied.

    Args:
      model_dir: the SavedModel.
      push_dir: URL of the base directory of the served model.

    Returns:
      URL of the version.

    Raises:
      OSError: the store does not hold what was written; the version is removed.
      RuntimeError: the runner of this node has ended, or too many pushes are running.
      ValueError: TensorFlow has no durable file system for the URL.
      tf.errors.OpError: the store rejects an operation; the version is removed.
    """
    if push_dir.partition("://")[0] not in SCHEMES:
        raise ValueError(
            f"`push_dir` must be a directory or one of {', '.join(SCHEMES)}://; got"
            f" {push_dir!r}."
        )
    push_dir = push_dir.rstrip("/")
    newest = max(_versions(_names(push_dir)), default=None)
    if newest is not None and _is_copy(model_dir, f"{push_dir}/{newest}"):
        return f"{push_dir}/{newest}"
    version, claim = _claim(push_dir)
    target = f"{push_dir}/{version}"
    try:
        _copy(model_dir, target)
    except BaseException:
        _remove(target)
        raise
    finally:
        _remove(claim)
    return target


def _copy(model_dir: pathlib.Path, target: str) -> None:
    """Writes the files, saved_model.pb last, and checks each."""
    names = [name for name in _files(model_dir) if name != artifacts.SAVED_MODEL_FILE]
    for name in names:
        _write(model_dir / name, f"{target}/{name}")
    # All of them are compared once more when all are there.
    for name in names:
        _check(model_dir / name, f"{target}/{name}")
    check_runner()
    last = artifacts.SAVED_MODEL_FILE
    _write(model_dir / last, f"{target}/{last}")
    _check(model_dir / last, f"{target}/{last}")


def _write(source: pathlib.Path, target: str) -> None:
    tf.io.gfile.makedirs(target.rpartition("/")[0])
    with tf.io.gfile.GFile(target, "wb") as file:
        # Without any write, an empty file would not be there.
        file.write(b"")
        for chunk in _chunks(str(source)):
            file.write(chunk)


def _check(source: pathlib.Path, target: str) -> None:
    if not _is_same(source, target):
        raise OSError(
            f"{target} does not hold what was written to it; nothing is published. Push"
            " again, and check the store if that fails as well."
        )


def _is_copy(model_dir: pathlib.Path, version: str) -> bool:
    """Whether a version of the store is the model, file by file."""
    names = _files(model_dir)
    if names != _stored_files(version):
        return False
    return all(_is_same(model_dir / name, f"{version}/{name}") for name in names)


def _is_same(source: pathlib.Path, target: str) -> bool:
    if tf.io.gfile.stat(target).length != source.stat().st_size:
        return False
    return all(a == b for a, b in zip(_chunks(str(source)), _chunks(target)))


def _chunks(path: str) -> Iterator[bytes]:
    with tf.io.gfile.GFile(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _files(directory: pathlib.Path) -> list[str]:
    paths = (path for path in directory.rglob("*") if path.is_file())
    return sorted(path.relative_to(directory).as_posix() for path in paths)


def _stored_files(url: str) -> list[str]:
    # gfile.walk would double the slash that gs:// leaves at the end of a directory.
    found = []
    for name in _names(url):
        if tf.io.gfile.isdir(f"{url}/{name}"):
            found += [f"{name}/{below}" for below in _stored_files(f"{url}/{name}")]
        else:
            found.append(name)
    return sorted(found)


def _names(push_dir: str) -> list[str]:
    """Lists what is in a directory of the store; nothing if it does not exist."""
    try:
        return [name.rstrip("/") for name in tf.io.gfile.listdir(push_dir)]
    except tf.errors.NotFoundError:
        return []


def _versions(names: list[str]) -> list[int]:
    return [int(name) for name in names if name.isdecimal()]


def _claim(push_dir: str) -> tuple[int, str]:
    """Chooses a version that no other push writes; returns it and its claim.

    Two pushes that claim the same version see each other, since each lists the claims
    after writing its own. Both withdraw and try again a moment later.
    """
    tf.io.gfile.makedirs(push_dir)
    token = secrets.token_hex(8)
    for _ in range(_MAX_CLAIMS):
        names = _names(push_dir)
        # The claims that killed pushes have left cost a number each.
        claimed = [
            int(name.removeprefix(_CLAIM).partition("-")[0])
            for name in names
            if name.startswith(_CLAIM)
        ]
        version = 1 + max([*_versions(names), *claimed], default=0)
        claim = f"{push_dir}/{_CLAIM}{version}-{token}"
        with tf.io.gfile.GFile(claim, "wb") as file:
            file.write(token.encode("ascii"))
        rivals = [
            name
            for name in _names(push_dir)
            if name == str(version)
            or (name.startswith(f"{_CLAIM}{version}-") and not name.endswith(token))
        ]
        if not rivals:
            return version, claim
        _remove(claim)
        time.sleep(random.uniform(0, _MAX_PAUSE_SECONDS))
    raise RuntimeError(
        f"Other pushes to {push_dir} were in the way {_MAX_CLAIMS} times; push again"
        " when they have ended."
    )


def _remove(url: str) -> None:
    """Removes an object, or all below a directory, if it is there."""
    try:
        if tf.io.gfile.isdir(url):
            tf.io.gfile.rmtree(url)
        elif tf.io.gfile.exists(url):
            tf.io.gfile.remove(url)
    except tf.errors.OpError as error:
        # The error that matters is the one that led here.
        print(f"{url} could not be removed: {error.message}")
