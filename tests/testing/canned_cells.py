"""Made-up results of cells, for tests of the experiments that use them."""

import inspect
import json
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from experiments.cells import Cell


class CannedCells:
    """Replaces `Cells` and makes up the results.

    It checks that every cell's function accepts the cell's arguments, and that these
    are plain JSON values.

    Args:
      directory: directory in which NAME is the directory of a cell.
      make: function from a cell and its directory to the result.

    Attributes:
      requested: all requested cells, in order.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        make: Callable[[Cell, pathlib.Path], dict[str, Any]],
    ):
        self._directory = directory
        self._make = make
        self.requested: list[Cell] = []

    def directory(self, name: str) -> pathlib.Path:
        """Returns the directory of a cell's files."""
        return self._directory / name

    def run(self, cells: Sequence[Cell]) -> dict[str, dict[str, Any]]:
        """Makes up the results of cells."""
        self.requested.extend(cells)
        results = {}
        for cell in cells:
            self.directory(cell.name).mkdir(parents=True)
            arguments = json.loads(json.dumps(cell.arguments, allow_nan=False))
            assert arguments == cell.arguments, cell.name
            signature = inspect.signature(cell.function)
            signature.bind(self.directory(cell.name), **cell.arguments)
            results[cell.name] = self._make(cell, self.directory(cell.name))
        return results
