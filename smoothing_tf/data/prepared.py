"""Opens data sets that TensorFlow Datasets has prepared on disk."""

import contextlib
import io
import json
import os
import pathlib
import stat
from collections.abc import Callable

import tensorflow_datasets as tfds

_INFO_FILE = "dataset_info.json"
_FEATURES_FILE = "features.json"
_METADATA_FILE = "metadata.json"
_REMEDY = "Restore it from a copy, or prepare the data set again."


class UnknownDatasetError(ValueError):
    """TFDS has no data set, configuration or version of that name."""


def builder_of_directory(directory: str) -> tfds.core.DatasetBuilder:
    """Makes the builder of a prepared directory, after checking its metadata.

    Raises:
      ValueError: there is no prepared data set, or its metadata are damaged.
      PermissionError: a file cannot be read.
    """
    root = pathlib.Path(directory)
    if not _is_file(root / _INFO_FILE):
        raise ValueError(
            f"`data_dir` must be a prepared TFDS directory, one with {_INFO_FILE}; got"
            f" {directory}."
        )
    for name in (_INFO_FILE, _FEATURES_FILE):
        _check_json(root / name)
    # This file is optional; in data sets of others it may hold anything.
    if os.path.lexists(root / _METADATA_FILE):
        _check_json(root / _METADATA_FILE)
    for path in sorted(root.glob("*.labels.txt")):
        _read(path)
    try:
        builder = tfds.builder_from_directory(directory)
        _check_shards(builder)
    except Exception as error:
        # TFDS fails in many ways on files that it has not written.
        raise ValueError(
            f"The metadata in {directory} ({_INFO_FILE}, {_FEATURES_FILE}) are not as"
            f" TFDS writes them: {_first_line(error)}. Restore them from a copy, or"
            " prepare the data set again."
        ) from error
    return builder


def make_builder(
    make: Callable[..., tfds.core.DatasetBuilder], data_dir: str | None
) -> tfds.core.DatasetBuilder:
    """Makes a builder for `data_dir`, which may already hold the prepared data set.

    Args:
      make: function of the keyword `data_dir` that makes the builder.
      data_dir: directory of TFDS; None for its default directory.

    Raises:
      ValueError: the prepared data set is damaged.
      OSError: the directory cannot be read.
    """
    try:
        return make(data_dir=data_dir)
    except (OSError, UnknownDatasetError):
        raise
    except Exception as error:
        where = data_dir or tfds.core.constants.DATA_DIR
        raise ValueError(
            f"A data set that TFDS has prepared in {where} is damaged:"
            f" {_first_line(error)}. Remove its directory there; it is then prepared"
            " again."
        ) from error


def prepare(builder: tfds.core.DatasetBuilder) -> None:
    """Prepares a data set that needs no download, quietly.

    Raises:
      OSError: it cannot be written; the message says where to.
    """
    # TFDS prints a dozen lines, on both streams, for a second of work.
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare()
    except OSError as error:
        raise OSError(
            f"The data set {builder.name!r} cannot be prepared in {builder.data_dir}:"
            f" {error.strerror or _first_line(error)}. Name a directory that can be"
            " written with --data_dir."
        ) from error


def _check_shards(builder: tfds.core.DatasetBuilder) -> None:
    dict(builder.info.features.items())
    for name, split in builder.info.splits.items():
        if min(split.shard_lengths, default=0) < 0:
            raise ValueError(f"the split {name!r} has a negative length")
        # Made of a template in the metadata.
        _ = list(split.filepaths)


def _check_json(path: pathlib.Path) -> None:
    """Checks for a JSON object.

    Raises:
      ValueError: the file is missing, cut, binary or something else.
    """
    try:
        content = json.loads(_read(path))
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            reason = f"{error.msg}, line {error.lineno}"
            raise ValueError(f"{path} is damaged ({reason}). {_REMEDY}") from error
        raise
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a JSON object. {_REMEDY}")


def _read(path: pathlib.Path) -> str:
    if not _is_file(path):
        raise ValueError(f"The file {path} is missing. {_REMEDY}")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged (it is not text). {_REMEDY}") from error
    except PermissionError as error:
        raise _unreadable(path, error) from error


def _is_file(path: pathlib.Path) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except PermissionError as error:
        raise _unreadable(path, error) from error
    except OSError:
        return False


def _unreadable(path: pathlib.Path, error: OSError) -> PermissionError:
    return PermissionError(
        f"{path} cannot be read: {error.strerror}. Make it readable, e.g. by chmod"
        f" -R u+rX {path.parent}."
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else repr(error)
