"""Cells whose results are made up, for tests of what experiments do with them."""

import inspect
import json
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from experiments.cells import Cell


class CannedCells:
    """Stands in for `Cells`; `asked` holds all cells in the order of their coming.

    Their functions must take their arguments, which must be plain JSON values.

    Args:
      directory: what `make` writes goes to DIRECTORY/NAME.
      make: (cell, directory of the cell) -> result.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        make: Callable[[Cell, pathlib.Path], dict[str, Any]],
    ):
        self._directory = directory
        self._make = make
        self.asked: list[Cell] = []

    def directory(self, name: str) -> pathlib.Path:
        """Where a cell's files are."""
        return self._directory / name

    def run(self, cells: Sequence[Cell]) -> dict[str, dict[str, Any]]:
        """Made-up results of the cells."""
        self.asked.extend(cells)
        results = {}
        for cell in cells:
            self.directory(cell.name).mkdir(parents=True)
            arguments = json.loads(json.dumps(cell.arguments, allow_nan=False))
            assert arguments == cell.arguments, cell.name
            signature = inspect.signature(cell.function)
            signature.bind(self.directory(cell.name), **cell.arguments)
            results[cell.name] = self._make(cell, self.directory(cell.name))
        return results
