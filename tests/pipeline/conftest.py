"""Fixtures of several tests of the pipeline."""

import sys
import types

import pytest
from kfp.dsl import pipeline_task

from tests.testing.small_pipeline import SmallRunner


@pytest.fixture
def small(tmp_path):
    """A runner of the small pipeline, in a root that has seen no run."""
    return SmallRunner(tmp_path / "root")


@pytest.fixture(autouse=True, scope="session")
def quick_stacks():
    """Spares kfp the source of every frame below it.

    Each setting of a task asks `inspect.stack()` for the name of its caller. Under
    pytest and with TensorFlow imported that takes a tenth of a second, and a pipeline
    has fifty of them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline_task, "inspect", types.SimpleNamespace(stack=_callers))
        yield


def _callers() -> list[tuple[object, object, object, str]]:
    """The two innermost frames, as far as kfp reads them: the fourth is the name."""
    frames = (sys._getframe(depth) for depth in (1, 2))
    return [(frame, None, None, frame.f_code.co_name) for frame in frames]
