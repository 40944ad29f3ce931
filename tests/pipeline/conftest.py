"""Fixtures of several tests of the pipeline."""

import pytest

from tests.testing.small_pipeline import SmallRunner


@pytest.fixture
def small(tmp_path):
    """A runner of the small pipeline, in a root that has seen no run."""
    return SmallRunner(tmp_path / "root")
