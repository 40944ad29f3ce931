"""Publishes a model as the next version that a serving process loads."""

import filecmp
import os
import pathlib
import shutil

from smoothing_tf import artifacts
from smoothing_tf.serving.layout import next_version, versions


def run(*, model_dir: artifacts.Path, push_dir: artifacts.Path) -> str:
    """Copies a SavedModel to <push_dir>/<next integer version>/.

    A server sees either no such version or the complete one. When the newest
    version already is this model, nothing is copied.

    Args:
      model_dir: the SavedModel.
      push_dir: base directory of the served model, made when missing.

    Returns:
      Path of the version.

    Raises:
      FileNotFoundError: `model_dir` holds no SavedModel.
      NotADirectoryError: `push_dir` lies below a regular file.
    """
    model_dir = pathlib.Path(model_dir)
    if not (model_dir / "saved_model.pb").is_file():
        raise FileNotFoundError(
            f"`model_dir` must hold a SavedModel; {model_dir} has no saved_model.pb."
        )
    push_dir = artifacts.make_directory(push_dir)
    newest = versions(push_dir)[-1:]
    if newest and _same_files(model_dir, newest[0]):
        return str(newest[0])
    target = push_dir / str(next_version(push_dir))
    with artifacts.atomic_directory(target) as temporary:
        shutil.copytree(model_dir, temporary, dirs_exist_ok=True)
    return str(target)


def pushed_version(
    model_dir: artifacts.Path, push_dir: artifacts.Path
) -> pathlib.Path | None:
    """The newest version below `push_dir` that is the model, or None."""
    for version in reversed(versions(push_dir)):
        if _same_files(pathlib.Path(model_dir), version):
            return version
    return None


def _same_files(left: pathlib.Path, right: pathlib.Path) -> bool:
    names = _file_names(left)
    if names != _file_names(right):
        return False
    # Contents, not the times of the copies.
    _, differing, missing = filecmp.cmpfiles(left, right, names, shallow=False)
    return not differing and not missing


def _file_names(directory: pathlib.Path) -> list[str]:
    return sorted(
        os.path.relpath(path, directory)
        for path in directory.rglob("*")
        if path.is_file()
    )
