"""Tables of measurements, each row made in a process of its own."""

import concurrent.futures
import itertools
import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def print_rows(
    run: Callable[..., list[dict[str, Any]]], num_runs: int, **choices: Sequence[Any]
) -> list[dict[str, Any]]:
    """Measures every combination in a separate process, and prints the table.

    Args:
      run: module-level function from one value of each choice and `num_runs`, given as
        keyword arguments, to rows.
      num_runs: see `run`.
      **choices: name of an argument -> its values; the last one varies fastest.

    Returns:
      The rows.
    """
    rows: list[dict[str, Any]] = []
    for values in itertools.product(*choices.values()):
        arguments = dict(zip(choices, values, strict=True))
        measured = in_own_process(run, num_runs=num_runs, **arguments)
        for row in measured:
            print(row, flush=True)
        rows += measured
    print_table(rows)
    return rows


def in_own_process(function: Callable[..., T], **arguments: Any) -> T:
    """Calls a module-level function in a fresh process, so that its memory is separate.

    Raises:
      RuntimeError: the process died, e.g. for lack of memory.
    """
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, **arguments).result()
        except concurrent.futures.process.BrokenProcessPool:
            raise RuntimeError(
                f"The process that measured {arguments} died. Is there enough memory?"
            ) from None


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Prints rows under the names of their columns, in Markdown."""
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        cells = (
            f"{value:.3g}" if isinstance(value, float) else str(value)
            for value in row.values()
        )
        print("| " + " | ".join(cells) + " |")
