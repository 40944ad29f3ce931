"""The seconds that the parts of a computation take."""

import contextlib
import time
from collections.abc import Callable, Iterator

import numpy as np


class Stopwatch:
    """Measures the wall and CPU seconds of the named parts of a computation.

    The seconds of a part do not include those of parts inside it. CPU seconds are
    those of all threads of the process.
    """

    def __init__(self):
        self._started = _now()
        # Seconds of all parts that have ended, without what earlier processes took.
        self._counted = np.zeros(2)
        self._parts: dict[str, np.ndarray] = {}

    @contextlib.contextmanager
    def time(
        self, name: str, before: np.ndarray | None = None
    ) -> Iterator[Callable[[], np.ndarray]]:
        """Measures the code inside the `with` statement.

        Args:
          name: name of the part; parts of the same name are added up.
          before: [wall, CPU] seconds that the part took in earlier processes.

        Yields:
          A function that returns the [wall, CPU] seconds of the part until now.
        """
        before = np.zeros(2) if before is None else before
        start, counted = _now(), self._counted

        def elapsed() -> np.ndarray:
            return before + (_now() - start) - (self._counted - counted)

        yield elapsed
        seconds = elapsed()
        self._parts[name] = self._parts.get(name, np.zeros(2)) + seconds
        self._counted = self._counted + seconds - before

    def seconds(self) -> dict[str, dict[str, float]]:
        """Returns part -> {"wall": seconds, "cpu": seconds}.

        "other" is the time since the stopwatch was made that belongs to no part.
        """
        other = _now() - self._started - self._counted
        return {
            name: {"wall": round(float(wall), 3), "cpu": round(float(cpu), 3)}
            for name, (wall, cpu) in {**self._parts, "other": other}.items()
        }


def _now() -> np.ndarray:
    return np.array([time.monotonic(), time.process_time()])
