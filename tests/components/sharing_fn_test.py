"""The function inside is used like the function itself, where its directories are."""

import apache_beam as beam
import pytest

from components.shared_directories import SharedDirectories, shared_directories
from components.sharing_fn import SharingFn


class _Traced(beam.DoFn):
    """Writes down what is called."""

    def __init__(self):
        self.calls = []

    def setup(self):
        self.calls.append("setup")

    def process(self, element):
        self.calls.append(element)
        yield 2 * element

    def teardown(self):
        self.calls.append("teardown")


def test_the_inner_function_does_the_work(tmp_path):
    inner = _Traced()
    with shared_directories(tmp_path) as shared:
        fn = SharingFn(inner, shared)
        fn.setup()
    assert list(fn.process(4)) == [8]
    fn.teardown()
    assert inner.calls == ["setup", 4, "teardown"]


def test_nothing_is_set_up_without_the_directories(tmp_path):
    inner = _Traced()
    fn = SharingFn(inner, SharedDirectories(str(tmp_path), "no such token", ()))
    with pytest.raises(RuntimeError, match="cannot see"):
        fn.setup()
    assert inner.calls == []
