"""The parts of a long computation, kept as they are computed.

A computation that was killed and is repeated reads its finished parts and computes only
what is missing. Whoever makes a `Parts` names a directory that belongs to this one
computation, e.g. by a digest of everything that determines its result.
"""

import contextlib
import functools
import json
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import tqdm

from smoothing_tf import artifacts
from smoothing_tf.partial_arrays import PartialArrays
from smoothing_tf.stopwatch import Stopwatch

# Names in a stored file that are no arrays of the part.
_SECONDS = "_seconds"
_IS_COMPLETE = "_is_complete"
# Seconds before a progress bar appears.
_DELAY = 2.0


class Parts:
    """Stores, times and shows the parts of a long computation.

    Args:
      directory: directory of the parts, made when the first one is stored; None to
        store nothing.
      progress: whether to show progress bars, an attribute as well.
    """

    def __init__(
        self, directory: artifacts.Path | None = None, *, progress: bool = False
    ):
        self._directory = None if directory is None else pathlib.Path(directory)
        self.progress = progress
        self._stopwatch = Stopwatch()

    @property
    def seconds(self) -> dict[str, dict[str, float]]:
        """Part -> {"wall", "cpu"}: its seconds, in earlier processes as well.

        "other" is the time of this process that belongs to no part.
        """
        return self._stopwatch.seconds()

    def value(self, name: str, compute: Callable[[], Any]) -> Any:
        """Computes a value that JSON can hold, unless it is stored.

        Args:
          name: name of the part.
          compute: function without arguments that returns the value.

        Returns:
          The value as JSON gives it back, e.g. lists instead of tuples.
        """
        stored = self._read(name, ".json", artifacts.read_json)
        before = None if stored is None else np.array(stored["seconds"])
        with self._stopwatch.time(name, before) as elapsed:
            if stored is not None:
                return stored["value"]
            value = json.loads(json.dumps(compute(), allow_nan=False))
            if self._directory is not None:
                content = {"value": value, "seconds": elapsed().tolist()}
                artifacts.write_json(self._path(name, ".json"), content)
            return value

    def arrays(
        self, name: str, compute: Callable[[], dict[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """Computes arrays of any shapes, unless they are stored.

        Args:
          name: name of the part.
          compute: function without arguments that returns name -> array.
        """
        arrays, before, is_complete = self._read_arrays(name)
        with self._stopwatch.time(name, before) as elapsed:
            if not is_complete:
                arrays = compute()
                self._write_arrays(name, elapsed, arrays, True)
            return arrays

    @contextlib.contextmanager
    def partial_arrays(
        self,
        name: str,
        total: int | None = None,
        *,
        unit: str = "example",
        first_step: str = "",
    ) -> Iterator[PartialArrays]:
        """Yields arrays to be continued where an earlier process left them.

        They are stored about once a minute, and as complete at the end of the `with`
        statement. A progress bar shows how far they are.

        Args:
          name: name of the part.
          total: the number of examples, for the progress bar.
          unit: word for an example, for the progress bar.
          first_step: text next to the progress bar while the first batch is computed;
            the bar then appears at once.
        """
        arrays, before, is_complete = self._read_arrays(name)
        with self._stopwatch.time(name, before) as elapsed:
            bar = tqdm.tqdm(
                desc=name,
                total=total,
                initial=len(next(iter(arrays.values()), ())),
                unit=unit,
                delay=0.0 if first_step else _DELAY,
                postfix=first_step or None,
                disable=is_complete or not self.progress,
            )

            def advance(number: int) -> None:
                bar.set_postfix_str("", refresh=False)
                bar.update(number)

            with bar:
                partial = PartialArrays(
                    arrays,
                    is_complete,
                    save=functools.partial(self._write_arrays, name, elapsed),
                    advance=advance,
                )
                yield partial
                partial.finish()

    def track(self, items: Iterable, name: str, total: int, unit: str) -> Iterable:
        """Shows a progress bar while `items` are iterated over."""
        return tqdm.tqdm(
            items,
            desc=name,
            total=total,
            unit=unit,
            delay=_DELAY,
            leave=False,
            disable=not self.progress,
        )

    def _path(self, name: str, suffix: str) -> pathlib.Path:
        assert self._directory is not None
        return self._directory / (re.sub(r"\W+", "_", name) + suffix)

    def _read(self, name: str, suffix: str, read: Callable[[pathlib.Path], Any]) -> Any:
        """Reads what is stored under a name; None if it is missing or damaged."""
        if self._directory is None or not self._path(name, suffix).is_file():
            return None
        try:
            return read(self._path(name, suffix))
        except ValueError:
            # The machine went down before the file was on the disk: compute it again.
            return None

    def _read_arrays(self, name: str) -> tuple[dict[str, np.ndarray], np.ndarray, bool]:
        """Reads (arrays, seconds, is_complete); ({}, zeros, False) if missing."""
        stored = self._read(name, ".npz", artifacts.read_kept_npz)
        if stored is None:
            return {}, np.zeros(2), False
        seconds, is_complete = stored.pop(_SECONDS), bool(stored.pop(_IS_COMPLETE))
        return stored, seconds, is_complete

    def _write_arrays(
        self,
        name: str,
        elapsed: Callable[[], np.ndarray],
        arrays: dict[str, np.ndarray],
        is_complete: bool,
    ) -> None:
        if self._directory is None:
            return
        about = {_SECONDS: elapsed(), _IS_COMPLETE: np.array(is_complete)}
        with artifacts.atomic_file(self._path(name, ".npz")) as path:
            np.savez(path, **arrays, **about)  # type: ignore[arg-type]
