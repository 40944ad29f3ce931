"""One computation of an experiment, and how its result is stored."""

import dataclasses
import functools
import json
import pathlib
import re
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from smoothing_tf import artifacts, command_line
from smoothing_tf.code_digest import code_digest

RESULT_FILE = "result.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclasses.dataclass(frozen=True)
class Cell:
    """One computation of an experiment.

    Attributes:
      name: name of the cell's directory, of letters, digits, dots, dashes and
        underscores.
      function: module-level function that a worker process calls as
        function(directory=..., **arguments). It may write files to `directory` and
        returns a dictionary of plain JSON values.
      arguments: plain JSON values.

    Raises:
      ValueError: the name is not a valid directory name.
    """

    name: str
    function: Callable[..., dict[str, Any]]
    arguments: dict[str, Any]

    def __post_init__(self):
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                "A cell's `name` must consist of letters, digits, dots, dashes and"
                f" underscores, and begin with a letter or digit; got {self.name!r}."
            )


def compute(cell: Cell, directory: pathlib.Path) -> dict[str, Any]:
    """Calls the cell's function and stores its result.

    Args:
      cell: the computation.
      directory: directory to create; it appears only once it is complete.

    Returns:
      The content of the directory's result.json.
    """
    start = time.perf_counter()
    code = _loaded_code(cell.function.__module__)
    for path in (directory, *_find_unfinished(directory)):
        shutil.rmtree(path, ignore_errors=True)  # None of them holds a result.
    try:
        with artifacts.atomic_directory(directory) as temporary:
            result = cell.function(directory=temporary, **cell.arguments)
            kept = {
                "cell": describe(cell),
                "code": code,
                "result": result,
                "seconds": time.perf_counter() - start,
            }
            artifacts.write_json(temporary / RESULT_FILE, kept)
    except Exception as error:
        # The parent process receives the error without its traceback.
        if not command_line.is_deliberate(error):
            traceback.print_exc()
        raise
    return kept


@functools.cache
def _loaded_code(module: str) -> str:
    """Returns the digest of the code that this process runs.

    It is computed once, because files may be edited after they were loaded.
    """
    return code_digest(module)


def describe(cell: Cell) -> dict[str, Any]:
    """Returns what identifies a cell: a stored result counts only if it has the same.

    Returns:
      The function's qualified name and the arguments, as they read back from JSON.
    """
    function = f"{cell.function.__module__}.{cell.function.__qualname__}"
    # JSON turns tuples into lists.
    arguments = json.loads(json.dumps(cell.arguments))
    return {"function": function, "arguments": arguments}


def _find_unfinished(directory: pathlib.Path) -> Iterator[pathlib.Path]:
    """Finds what a killed process left of a cell; see `atomic_directory`."""
    return directory.parent.glob(f".{directory.name}.tmp-*")
