"""The paths that compressed files and restored images are written to."""

import pathlib

from smoothing_tf import artifacts

ARRAYS_SUFFIX = ".npz"


def check_compressed(output: artifacts.Path, input: artifacts.Path) -> pathlib.Path:
    """Checks, before any work is done, that a compressed file can be written.

    Args:
      output: the file.
      input: what is read, which must stay.

    Raises:
      FileExistsError: the two are the same file.
      IsADirectoryError: the path is a directory.
      NotADirectoryError: a parent of the file is not a directory.
    """
    output = pathlib.Path(output)
    artifacts.check_directory(output.parent)
    if output.resolve() == pathlib.Path(input).resolve():
        raise FileExistsError(
            f"`--output` must not be the file that is read, {output}; name another."
        )
    if output.is_dir():
        raise IsADirectoryError(
            f"`--output` must name a file; got the directory {output}."
        )
    return output


def check_images(output: artifacts.Path, input: artifacts.Path) -> pathlib.Path:
    """Checks, before any work is done, that images can be written.

    Args:
      output: a file .npz, or a new or empty directory for PNG files.
      input: the file that is read, which must stay.

    Raises:
      FileExistsError: the directory is not empty, or both are the same file.
      IsADirectoryError: the file is a directory.
      NotADirectoryError: the path without .npz is a file, or a parent is one.
    """
    output = pathlib.Path(output)
    if output.suffix == ARRAYS_SUFFIX:
        return check_compressed(output, input)
    artifacts.check_directory(output)
    if output.exists() and any(output.iterdir()):
        raise FileExistsError(
            f"The output directory {output} is not empty; remove it or name another."
        )
    return output
