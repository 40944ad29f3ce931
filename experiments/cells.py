"""Cells: the pieces of an experiment that are computed apart and kept."""

import concurrent.futures
import json
import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from experiments.cell import RESULT_FILE, Cell, description
from experiments.pool import Pool
from smoothing_tf import artifacts
from smoothing_tf.code_digest import code_digest

_KEPT = "Finished cells are kept; run the same command to go on."


class Cells:
    """Computes cells, or finds their results in `directory`.

    A cell that was computed with the same function and arguments is not computed
    again. One that other code has computed is kept as well, which is said. One of
    another function or arguments is never overwritten.

    Args:
      pool: where to compute.
      directory: keeps NAME/result.json, and what the cell wrote, of every cell.

    Attributes:
      seconds: how long the cells took that were asked for so far, whenever it was.
    """

    def __init__(self, pool: Pool, directory: artifacts.Path):
        self._pool = pool
        self._directory = pathlib.Path(directory)
        self.seconds = 0.0

    def directory(self, name: str) -> pathlib.Path:
        """Where a cell's files are."""
        return self._directory / name

    def run(self, cells: Sequence[Cell]) -> dict[str, dict[str, Any]]:
        """Results of all cells by name, in their order.

        Raises:
          ValueError: two cells have one name, or what is kept under a name is of
            another function or of other arguments.
          RuntimeError: cells failed or their processes died. The others are
            computed all the same, and kept.
        """
        by_name = {cell.name: cell for cell in cells}
        if len(by_name) < len(cells):
            names = [cell.name for cell in cells]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"`cells` must have a name each; got {twice!r} twice.")
        kept = {cell.name: self._kept(cell) for cell in cells}
        self._warn_of_other_code(by_name, kept)
        futures: dict[str, concurrent.futures.Future] = {}
        errors: dict[str, Exception] = {}
        try:
            for name, cell in by_name.items():
                if kept[name] is None:
                    futures[name] = self._pool.submit(cell, self.directory(name))
            for name, future in futures.items():
                try:
                    kept[name] = future.result()
                except Exception as error:
                    errors[name] = error
        finally:
            for future in futures.values():
                future.cancel()
        if errors:
            messages = [
                f"Cell {name!r} failed: {type(error).__name__}: {error}"
                for name, error in errors.items()
            ]
            raise RuntimeError(" ".join([*messages, _KEPT])) from next(
                iter(errors.values())
            )
        self.seconds += sum(content["seconds"] for content in kept.values())
        return {name: content["result"] for name, content in kept.items()}

    def _warn_of_other_code(self, cells, kept) -> None:
        modules = {cell.function.__module__ for cell in cells.values()}
        codes = {module: code_digest(module) for module in modules}
        others = [
            name
            for name, content in kept.items()
            if content and content.get("code") != codes[cells[name].function.__module__]
        ]
        if others:
            print(
                f"{len(others)} of {len(cells)} cells were computed by another version"
                f" of the code, {others[0]} among them. To have them computed by this"
                f" one, remove {self._directory}.",
                file=sys.stderr,
            )

    def _kept(self, cell: Cell) -> dict[str, Any] | None:
        path = self.directory(cell.name) / RESULT_FILE
        if not path.is_file():
            return None
        kept = artifacts.read_json(path)
        differences = list(_differences(kept["cell"], description(cell)))
        if differences:
            raise ValueError(
                f"Cell {cell.name!r} must be the one kept in {path.parent}, which"
                f" differs: {'; '.join(differences)}. Name another --workdir, or remove"
                " that directory."
            )
        return kept


def _differences(kept: dict[str, Any], asked: dict[str, Any]) -> Iterator[str]:
    if kept["function"] != asked["function"]:
        yield f"function {kept['function']}, now {asked['function']}"
    kept, asked = kept["arguments"], asked["arguments"]
    for name in kept | asked:
        if name not in kept or name not in asked or kept[name] != asked[name]:
            old, new = (
                json.dumps(arguments[name]) if name in arguments else "none"
                for arguments in (kept, asked)
            )
            yield f"{name} {old}, now {new}"


__all__ = ["Cell", "Cells", "Pool"]
