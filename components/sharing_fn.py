"""A function of a Beam pipeline that first checks what its worker shares."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam

from components.shared_directories import SharedDirectories


class SharingFn(beam.DoFn):
    """Runs another function on workers that share the directories of the node.

    It is not a transform of its own: in one process, the Dask runner passes the output
    of a transform on several times.

    Args:
      inner: the other function, which has no `start_bundle` or `finish_bundle`.
      shared: the directories.
    """

    def __init__(self, inner: beam.DoFn, shared: SharedDirectories):
        self.inner = inner
        self._shared = shared

    def setup(self) -> None:
        self._shared.check()
        self.inner.setup()

    def process(self, element: Any) -> Iterable[Any] | None:
        return self.inner.process(element)

    def teardown(self) -> None:
        self.inner.teardown()
