"""The versions below a directory of served models, or below a URL."""

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.serving.layout import METADATA_FILE

# The signature that models are compared by.
BOUND = "bound"
_CHUNK_BYTES = 1 << 24
_ADVICE = "Remove it, or name another directory as `bless_against`."


def find_newest(
    directory: str, made_from: str, *, may_be_missing: bool = False
) -> str | None:
    """Finds the newest version that another configuration has made.

    A run that is repeated after it has pushed its model finds the same version as
    before, and not its own model.

    Args:
      directory: path or URL of the directory.
      made_from: digest of all that this run's model is made from.
      may_be_missing: whether the directory need not exist, because the first push makes
        it.

    Returns:
      Path or URL of the version, or None.

    Raises:
      FileNotFoundError: the directory does not exist.
      NotADirectoryError: `directory` is a file.
      OSError: it cannot be read.
      ValueError: the newest version is damaged, is not one of ours, or is no two-stage
        model.
    """
    with _readable(directory):
        is_directory = _is_directory(directory)
        if is_directory is None:
            if may_be_missing:
                return None
            raise FileNotFoundError(
                f"`bless_against` {directory} does not exist. Correct it, or make the"
                " directory if there is no version yet."
            )
        if not is_directory:
            raise NotADirectoryError(
                f"`bless_against` must be a directory of versions; {directory} is a"
                " file."
            )
        names = [name.rstrip("/") for name in tf.io.gfile.listdir(directory)]
        numbers = [name for name in names if name.isdecimal()]
        for name in sorted(numbers, key=int, reverse=True):
            version = f"{directory.rstrip('/')}/{name}"
            if not _is_directory(version) or _is_being_written(version):
                continue
            if not made_from or read_facts(version).get("made_from") != made_from:
                return version
    return None


def _is_directory(path: str) -> bool | None:
    """Whether a path is a directory; None if it does not exist.

    To `gfile.isdir`, a directory that may not be seen is none.
    """
    try:
        if "://" in path:
            return tf.io.gfile.stat(path).is_directory
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, tf.errors.NotFoundError):
        return None


def _is_being_written(version: str) -> bool:
    """Whether a push to an object store has not finished, or never will."""
    last = f"{version}/{artifacts.SAVED_MODEL_FILE}"
    return "://" in version and not tf.io.gfile.exists(last)


def read_facts(version: str) -> dict[str, Any]:
    """Reads what a version says about itself.

    Args:
      version: path or URL of the version.

    Raises:
      OSError: it cannot be read.
      ValueError: it is damaged, is not one of ours, or is no two-stage model.
    """
    path = f"{version}/{METADATA_FILE}"
    with _readable(version):
        for name in (artifacts.SAVED_MODEL_FILE, METADATA_FILE):
            if not tf.io.gfile.exists(f"{version}/{name}"):
                raise ValueError(f"The version {version} has no {name}. {_ADVICE}")
        with tf.io.gfile.GFile(path, "rb") as file:
            content = file.read()
    try:
        facts = json.loads(content)
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise ValueError(f"{path} is damaged: it is not a JSON object. {_ADVICE}")
    signatures = facts.get("signatures")
    if not isinstance(signatures, list) or BOUND not in signatures:
        raise ValueError(
            f"The version {version} has no signature `{BOUND}`: it is a baseline by"
            " itself. Name a directory of two-stage models as `bless_against`."
        )
    return facts


def digest_of(version: str) -> str:
    """Computes the SHA-256 of the names and the contents of a version's files.

    Args:
      version: path or URL of the version.

    Raises:
      OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with _readable(version):
        for name in _files(version):
            length = tf.io.gfile.stat(f"{version}/{name}").length
            digest.update(f"{name}\0{length}\0".encode())
            with tf.io.gfile.GFile(f"{version}/{name}", "rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
    return digest.hexdigest()


def _files(directory: str) -> list[str]:
    # gfile.walk would double the slash that gs:// leaves at the end of a directory.
    found = []
    for name in (name.rstrip("/") for name in tf.io.gfile.listdir(directory)):
        if tf.io.gfile.isdir(f"{directory}/{name}"):
            found += [f"{name}/{below}" for below in _files(f"{directory}/{name}")]
        else:
            found.append(name)
    return sorted(found)


@contextlib.contextmanager
def _readable(place: str) -> Iterator[None]:
    """Turns TensorFlow's errors into one line."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = error.message.partition("\n")[0].rstrip(".")
        raise OSError(
            f"Cannot read {place} to compare with it: {reason}. Make it readable, or"
            " name another directory as `bless_against`."
        ) from error
