"""Cells: the pieces of an experiment, each computed and stored on its own."""

import concurrent.futures
import json
import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.cell import RESULT_FILE, Cell, describe
from experiments.pool import Pool
from smoothing_tf import artifacts
from smoothing_tf.code_digest import code_digest

KEPT = "Finished cells are kept; run the same command to resume."


class Cells:
    """Computes cells and stores their results, or reads the stored ones.

    A stored result is used if it has the function and the arguments of the cell. If it
    was computed by another version of the code it is used too, with a warning. A result
    of another function or of other arguments is never overwritten.

    Args:
      pool: worker processes that compute the cells.
      directory: directory in which every cell has its NAME/result.json and other files.

    Attributes:
      seconds: total computing time of all cells requested so far, including the time
        that stored cells once took.
    """

    def __init__(self, pool: Pool, directory: artifacts.Path):
        self._pool = pool
        self._directory = pathlib.Path(directory)
        self.seconds = 0.0

    def directory(self, name: str) -> pathlib.Path:
        """Returns the directory of a cell's files."""
        return self._directory / name

    def run(self, cells: Sequence[Cell]) -> dict[str, dict[str, Any]]:
        """Computes or reads the results of cells.

        Args:
          cells: cells of different names.

        Returns:
          name -> result, in the order of `cells`.

        Raises:
          ValueError: two cells share a name, or the result stored under a name has
            another function or other arguments.
          RuntimeError: some cells failed or their processes died. All other cells are
            still computed and stored.
        """
        by_name = {cell.name: cell for cell in cells}
        if len(by_name) < len(cells):
            names = [cell.name for cell in cells]
            duplicate = next(name for name in names if names.count(name) > 1)
            raise ValueError(
                f"`cells` must have different names; got {duplicate!r} twice."
            )
        kept = {cell.name: self._read(cell) for cell in cells}
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
            raise RuntimeError(" ".join([*messages, KEPT])) from next(
                iter(errors.values())
            )
        self.seconds += sum(content["seconds"] for content in kept.values())
        return {name: content["result"] for name, content in kept.items()}

    def _warn_of_other_code(
        self, cells: Mapping[str, Cell], kept: Mapping[str, dict[str, Any] | None]
    ) -> None:
        modules = {cell.function.__module__ for cell in cells.values()}
        codes = {module: code_digest(module) for module in modules}
        others = [
            name
            for name, content in kept.items()
            if content and content.get("code") != codes[cells[name].function.__module__]
        ]
        if others:
            print(
                f"{len(others)} of {len(cells)} cells, e.g. {others[0]}, were computed"
                f" by another version of the code. Remove {self._directory} to"
                " recompute them.",
                file=sys.stderr,
            )

    def _read(self, cell: Cell) -> dict[str, Any] | None:
        """Reads the stored result of a cell, or returns None if there is none."""
        path = self.directory(cell.name) / RESULT_FILE
        if not path.is_file():
            return None
        kept = artifacts.read_json(path)
        differences = list(_find_differences(kept["cell"], describe(cell)))
        if differences:
            raise ValueError(
                f"Cell {cell.name!r} differs from the one stored in {path.parent}:"
                f" {'; '.join(differences)}. Choose another --workdir, or remove that"
                " directory."
            )
        return kept


def _find_differences(
    kept: Mapping[str, Any], requested: Mapping[str, Any]
) -> Iterator[str]:
    if kept["function"] != requested["function"]:
        yield f"function {kept['function']}, now {requested['function']}"
    kept, requested = kept["arguments"], requested["arguments"]
    for name in kept | requested:
        if name not in kept or name not in requested or kept[name] != requested[name]:
            old, new = (
                json.dumps(arguments[name]) if name in arguments else "none"
                for arguments in (kept, requested)
            )
            yield f"{name} {old}, now {new}"


__all__ = ["KEPT", "Cell", "Cells", "Pool"]
