"""The path that samples are written to."""

import pathlib

from smoothing_tf import artifacts

# The picture of the samples is next to them.
PICTURE_SUFFIX = ".png"


def check_output(output: artifacts.Path) -> pathlib.Path:
    """Checks, before any work is done, that the samples can be written.

    Raises:
      ValueError: the name does not end in .npz.
      IsADirectoryError: the file, or that of the picture, is a directory.
      NotADirectoryError: a parent of the file is not a directory.
    """
    output = pathlib.Path(output)
    if output.suffix != ".npz":
        raise ValueError(f"`--output` must end in .npz; got {str(output)!r}.")
    artifacts.check_directory(output.parent)
    for path in (output, output.with_suffix(PICTURE_SUFFIX)):
        if path.is_dir():
            raise IsADirectoryError(
                f"`--output` must name a file; got the directory {path}."
            )
    return output
