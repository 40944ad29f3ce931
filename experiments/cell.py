"""One computation of an experiment, and how it is made and kept."""

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
      name: of its directory; letters, digits, dots, dashes, underscores.
      function: a function of a module, called in another process as
        function(directory=..., **arguments), that returns what JSON can hold.
        `directory` takes the files it writes.
      arguments: plain JSON values.

    Raises:
      ValueError: the name cannot be that of a directory.
    """

    name: str
    function: Callable[..., dict[str, Any]]
    arguments: dict[str, Any]

    def __post_init__(self):
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                "A cell's `name` must be of letters, digits, dots, dashes and"
                f" underscores; got {self.name!r}."
            )


def compute(cell: Cell, directory: pathlib.Path) -> dict[str, Any]:
    """Calls the cell's function; `directory` is there whole or not at all.

    Returns:
      What result.json there holds.
    """
    start = time.perf_counter()
    code = _loaded_code(cell.function.__module__)
    for path in (directory, *unfinished(directory)):
        shutil.rmtree(path, ignore_errors=True)  # without a result
    try:
        with artifacts.atomic_directory(directory) as temporary:
            result = cell.function(directory=temporary, **cell.arguments)
            kept = {
                "cell": description(cell),
                "code": code,
                "result": result,
                "seconds": time.perf_counter() - start,
            }
            artifacts.write_json(temporary / RESULT_FILE, kept)
    except Exception as error:
        # Another process gets the error without the way to it.
        if not command_line.is_deliberate(error):
            traceback.print_exc()
        raise
    return kept


@functools.cache
def _loaded_code(module: str) -> str:
    """Digest of the code that this process runs: files may change afterwards."""
    return code_digest(module)


def description(cell: Cell) -> dict[str, Any]:
    """What a kept result must be of, to be that of the cell."""
    function = f"{cell.function.__module__}.{cell.function.__qualname__}"
    # As it is read again: JSON has no tuples.
    arguments = json.loads(json.dumps(cell.arguments))
    return {"function": function, "arguments": arguments}


def unfinished(directory: pathlib.Path) -> Iterator[pathlib.Path]:
    """What a process that was killed has left of a cell; see `atomic_directory`."""
    return directory.parent.glob(f".{directory.name}.tmp-*")
